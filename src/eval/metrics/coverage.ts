/** Catalogue coverage: the share of items that stand in at least one user's list.   coverage@k = |∪_u list_u@k| / N */
import type { ListMetric } from "../metric.ts";

/** Keeps, for every item, the best place it was seen at; coverage at any cutoff follows from that. */
export const coverage: ListMetric = {
  kind: "lists",
  name: "coverage",
  atCutoffs: true,
  tally: ({ catalogue: { size } }) => {
    const bestPlace = new Float64Array(size + 1).fill(Number.POSITIVE_INFINITY);
    return {
      see: (list) => {
        list.forEach((item, at) => {
          bestPlace[item] = Math.min(bestPlace[item], at + 1);
        });
      },
      value: (cutoff) => bestPlace.reduce((seen, place) => seen + Number(place <= cutoff), 0) / size,
    };
  },
};
