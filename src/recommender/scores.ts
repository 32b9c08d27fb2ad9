/**
 * Profiles become rows of scores, the same way for a shop's visitor and for a test user: the ranker scores those with a
 * history, its experts are fused, and those without one get the popularity of the items instead (they are *cold*).
 */
import type { Catalogue } from "#data";
import type { Key } from "#random";
import type { Profile, Ranker } from "./contract.ts";
import type { ExpertScores, Fuser } from "./fusion/fuse.ts";
import { requireItems } from "./requirements.ts";

/** A trained model with all that turns its scores into recommendations. */
export interface Pipeline {
  readonly ranker: Ranker;
  readonly catalogue: Catalogue;
  /** Interactions an item has in the training histories, [N + 1]: what cold profiles are answered with. */
  readonly popularity: Float32Array;
  /** Fuses experts where the ranker has several; without it the first one ranks. */
  readonly fuser?: Fuser;
  /** Where the ranker's own draws come from, if it makes any. */
  readonly key: Key;
}

/** Scores of several profiles by catalogue index; column 0 (padding) is -Infinity. */
export interface ScoredProfiles {
  readonly scores: Float32Array; // [B, N + 1]
  /** Whether a row is popularity because its profile has no history. */
  readonly cold: readonly boolean[]; // [B]
}

/**
 * Scores every item for every profile. The rows belong to the caller, who masks the history in them: `maskHistory` only
 * says that experts need not spend probability on it.
 */
export async function scoreProfiles(
  pipeline: Pipeline,
  profiles: readonly Profile[],
  maskHistory = true,
): Promise<ScoredProfiles> {
  const { catalogue, popularity } = pipeline;
  const columns = catalogue.size + 1;
  for (const { history } of profiles) requireItems("history", history, catalogue.size);
  const cold = profiles.map(({ history }) => history.length === 0);
  const warm = profiles.filter((_, row) => !cold[row]);
  const warmScores = warm.length > 0 ? await scoreWarm(pipeline, warm, maskHistory) : new Float32Array(0);
  let scores = warmScores;
  if (warm.length < profiles.length) {
    scores = new Float32Array(profiles.length * columns);
    let next = 0;
    cold.forEach((isCold, row) => {
      const source = isCold ? popularity : warmScores.subarray(next * columns, (next + 1) * columns);
      if (!isCold) next++;
      scores.set(source, row * columns);
    });
  }
  for (let row = 0; row < profiles.length; row++) scores[row * columns] = -Infinity;
  return { scores, cold };
}

async function scoreWarm(pipeline: Pipeline, profiles: readonly Profile[], maskHistory: boolean) {
  const { ranker, catalogue, fuser, key } = pipeline;
  const only = fuser?.heard ?? firstOf(ranker);
  const experts = await ranker.score(await ranker.encode(profiles, key), undefined, only);
  expectSizes(experts, profiles.length * (catalogue.size + 1));
  const names = Object.keys(experts);
  if (fuser === undefined) {
    if (only === undefined && names.length > 1) {
      throw new Error("internal: a ranker with several experts does not say what they are.");
    }
    return experts[only?.[0] ?? names[0]];
  }
  return fuser.fuse(
    experts,
    profiles.map(({ history }) => (maskHistory ? history : [])),
  );
}

/** The expert that ranks while nothing is tuned, where it has a name. */
function firstOf({ experts = {} }: Ranker): string[] | undefined {
  const [first] = Object.keys(experts);
  return first === undefined ? undefined : [first];
}

function expectSizes(experts: ExpertScores, expected: number): void {
  for (const [name, { length }] of Object.entries(experts)) {
    if (length === expected) continue;
    throw new Error(
      `internal: the expert "${name}" returned ${length} scores; expected B × (N + 1) = ${expected}, one a profile and item.`,
    );
  }
}
