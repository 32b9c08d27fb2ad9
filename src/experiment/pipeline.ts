/** From what stages left to something that answers: the ranker with the catalogue, priors, fusion and keys around it. */
import { DataError } from "#base";
import { type Dataset, type Histories, type Split, type SplitChoice, splitBy } from "#data";
import { Key } from "#random";
import { type Context, type Earlier, Fuser, type Fusion, type Pipeline, type Priors, type Ranker } from "#recommender";
import { countInteractions, trendOf } from "#retrieval";
import { type FitOn, fitted } from "./fit-on.ts";

/** A dataset as a run sees it. */
export interface Material {
  readonly dataset: Dataset;
  readonly split: Split;
  /** What the run is fitted on. */
  readonly histories: Histories;
  /** Of those histories. */
  readonly priors: Priors;
}

/** Splits a dataset the way a run says. */
export function materialOf(dataset: Dataset, fitOn: FitOn, choice?: SplitChoice): Material {
  const split = splitBy(dataset.histories, choice);
  const histories = fitted(dataset.histories, split, fitOn);
  const { size } = dataset.catalogue;
  return {
    dataset,
    split,
    histories,
    priors: { popularity: countInteractions(histories, size), trend: trendOf(histories, size) },
  };
}

/** What opens as a ranker: a recommender, or a stage that says who is asked while it trains. */
export type Opener = (earlier: Earlier, catalogue: Dataset["catalogue"], context: Context) => Promise<Ranker>;

/** Opens what the stages left. Whoever opens it disposes of its ranker. */
export async function openPipeline(
  open: Opener,
  earlier: Earlier,
  { dataset: { catalogue }, priors }: Material,
  seed: number,
  context: Context,
  fusion?: Fusion,
): Promise<Pipeline> {
  const ranker = await open(earlier, catalogue, context);
  const fuser = fusion && ranker.experts && new Fuser(fusion, ranker.experts, priors);
  return { ranker, catalogue, popularity: priors.popularity, fuser, key: Key.of(seed).fold("answers") };
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
