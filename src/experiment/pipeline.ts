/** From what stages left to something that answers: the ranker with the catalogue, popularity and keys around it. */
import { type Dataset, leaveTwoOut, type Split } from "#data";
import { Key } from "#random";
import type { Context, Earlier, Pipeline, Recommender } from "#recommender";
import { countInteractions } from "#retrieval";

/** A dataset as a run sees it. */
export interface Material {
  readonly dataset: Dataset;
  readonly split: Split;
  /** Of the training view. */
  readonly popularity: Float32Array;
}

/** Splits a dataset the way every run does. */
export function materialOf(dataset: Dataset): Material {
  const split = leaveTwoOut(dataset.histories);
  return { dataset, split, popularity: countInteractions(split.train, dataset.catalogue.size) };
}

/** Opens what the stages left. Whoever opens it disposes of its ranker. */
export async function openPipeline(
  recommender: Recommender,
  earlier: Earlier,
  { dataset, popularity }: Material,
  seed: number,
  context: Context,
): Promise<Pipeline> {
  const { catalogue } = dataset;
  const ranker = await recommender.open(earlier, catalogue, context);
  return { ranker, catalogue, popularity, key: Key.of(seed).fold("answers") };
}
