/**
 * Short-head share: how many places of the lists go to the most popular fifth of the catalogue.
 *   shortHead@k = |places with an item of the short head| / |places|;   the rest is the share of the long tail
 * The short head is the ⌈N / 5⌉ items with most training interactions (of equal ones the first in the catalogue).
 * Source: the short-head and long-tail parting of Cremonesi et al., RecSys 2010; one minus the average percentage of
 * long-tail items (APLT) of Abdollahpouri et al., FLAIRS 2019. Differs: they cut at a share of interactions, we of items.
 */
import { selectTop } from "#retrieval";
import type { ListMetric } from "../metric.ts";
import { placeMean } from "../place-mean.ts";

/** Share of the catalogue that is its short head. */
const SHORT_HEAD = 0.2;

/** 1 where only popular items are listed; some 0.2 where popularity does not matter. */
export const shortHead: ListMetric = {
  kind: "lists",
  name: "shortHead",
  atCutoffs: true,
  tally: (context) => {
    const head = new Uint8Array(context.popularity.length);
    const size = Math.ceil(SHORT_HEAD * context.catalogue.size);
    // Column 0 is padding: the items alone are selected from, hence the shift by one.
    for (const at of selectTop(context.popularity.subarray(1), size).indices) head[at + 1] = 1;
    return placeMean(context, head);
  },
};
