/** `similar`: the items whose vectors point where one item's does. */
import { ConfigError, DataError, didYouMean } from "#base";
import { requireTopK, similar } from "#recommender";
import type { OpenedRun } from "./opened-run.ts";
import { type ListedItem, listed } from "./recommend.ts";

export interface SimilarOptions {
  readonly item: string;
  /** Length of the list, 10 by default. */
  readonly topK?: number;
}

export interface SimilarItems {
  readonly items: readonly ListedItem[];
}

export async function similarTo(model: OpenedRun, { item, topK = 10 }: SimilarOptions): Promise<SimilarItems> {
  const { ranker, catalogue } = model.pipeline;
  if (ranker.vectors === undefined) {
    throw new ConfigError(
      `${model.run}: the model "${model.manifest.model}" has no item vectors, so that it cannot tell which items are alike.`,
      { code: "no-vectors", field: "run", hint: "Ask a run of a model that learns item vectors, such as sasrec." },
    );
  }
  const index = catalogue.indexOf(item);
  if (index === undefined) {
    const near = didYouMean(
      item,
      catalogue.rows.map((row) => row.item),
    );
    throw new DataError(`item: "${item}" is not in the catalogue of ${catalogue.size} items${near || "."}`, {
      code: "unknown-item",
      field: "item",
      hint: `Items are named as in the imported data, for example "${catalogue.idOf(1)}".`,
    });
  }
  requireTopK(topK, catalogue.size - 1, model.emit);
  const found = similar(await ranker.vectors(), index, topK);
  return { items: found.map((entry) => listed(catalogue, entry)) };
}
