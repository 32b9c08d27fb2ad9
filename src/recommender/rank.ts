/**
 * From a profile to its list: scores (recommender/scores.ts), history and exclusions masked, the topK best.
 * Indices in, indices out: outside ids are the business of whoever asks.
 */
import type { Emit } from "#base";
import { selectTop } from "#retrieval";
import type { Profile } from "./contract.ts";
import { hide } from "./masks.ts";
import { notNumbers, requireItems, requireTopK } from "./requirements.ts";
import { type Pipeline, scoreProfiles } from "./scores.ts";

/** How the list is cut out of the scores. */
export interface ListOptions {
  /** How many items; above the catalogue all are returned, with a warning. */
  readonly topK: number;
  /** Whether items of the history may not be recommended again. */
  readonly maskHistory: boolean;
  /** Further items that may not be recommended, by index. */
  readonly exclude?: readonly number[];
  /** Takes warnings. */
  readonly emit?: Emit;
}

/** One recommended item by catalogue index. */
export interface Recommended {
  readonly index: number;
  readonly score: number;
}

/** A list, best first. */
export interface Recommendation {
  readonly items: readonly Recommended[];
  /** Nothing was known of this profile: the items are the popular ones, their scores interaction counts. */
  readonly cold: boolean;
  /** How many items each rule took out; one that several rules take out counts for the first. */
  readonly excluded: { readonly history: number; readonly exclude: number };
}

/** Recommends to one profile. */
export async function recommend(
  request: Pipeline & ListOptions & { readonly profile: Profile },
): Promise<Recommendation> {
  const [only] = await recommendAll({ ...request, profiles: [request.profile] });
  return only;
}

/**
 * Recommends to several profiles at once, which is how a model works fastest; one list a profile, in their order.
 * All their scores are in memory together, [B, N + 1]: give it a few hundred at a time.
 */
export async function recommendAll(
  request: Pipeline & ListOptions & { readonly profiles: readonly Profile[] },
): Promise<Recommendation[]> {
  const { profiles, catalogue, topK, exclude = [] } = request;
  requireTopK(topK, catalogue.size, request.emit);
  requireItems("exclude", exclude, catalogue.size);
  const { scores, cold } = await scoreProfiles(request, profiles);
  const columns = catalogue.size + 1;
  return profiles.map(({ history }, row) => {
    const own = scores.subarray(row * columns, (row + 1) * columns);
    const seen = new Set(request.maskHistory ? history : []);
    hide(own, [...seen]);
    hide(own, exclude);
    if (own.includes(Number.NaN)) throw notNumbers(); // includes, unlike indexOf, finds NaN
    const best = selectTop(own, topK);
    return {
      items: Array.from(best.indices, (index, at) => ({ index, score: best.scores[at] })),
      cold: cold[row],
      excluded: { history: seen.size, exclude: new Set(exclude.filter((index) => !seen.has(index))).size },
    };
  });
}
