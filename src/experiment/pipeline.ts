/** From what stages left to something that answers: the ranker with the catalogue, popularity and keys around it. */
import { DataError } from "#base";
import { type Dataset, type Split, type SplitChoice, splitBy } from "#data";
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

/** Splits a dataset the way a run says. */
export function materialOf(dataset: Dataset, choice?: SplitChoice): Material {
  const split = splitBy(dataset.histories, choice);
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

/** A part that asks nobody measures nothing. */
export function requireTargets({ name, directory }: Dataset, split: Split, part: "test" | "valid"): void {
  if (split[part].count > 0) return;
  const { expected, hint } = split.needs;
  throw new DataError(`${name}: none of its ${split.train.users} users has ${expected}.`, {
    code: "no-targets",
    file: directory,
    hint,
  });
}
