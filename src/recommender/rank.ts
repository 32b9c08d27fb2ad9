/**
 * From a profile to its list: scores (recommender/scores.ts), boosts, what rules take out, the topK best or the most
 * diverse of them. Rules work on all scores, before anything is cut: a list is short only where too few items pass.
 * Indices in, indices out: outside ids and expressions are the business of whoever asks.
 */
import type { Emit } from "#base";
import {
  type Allowed,
  applyBoosts,
  type Boosts,
  candidatesFor,
  diversify,
  hide,
  keepOnly,
  requireDiversity,
  type Selection,
  type Similarity,
  selectTop,
} from "#retrieval";
import type { Profile } from "./contract.ts";
import type { ExpertKind } from "./fusion/share.ts";
import { notNumbers, requireItems, requireTopK } from "./requirements.ts";
import { type Pipeline, scoreProfiles } from "./scores.ts";

/** How the list is cut out of the scores. */
export interface ListOptions {
  /** How many items; above the catalogue all are returned, with a warning. */
  readonly topK: number;
  /** Whether items of the history may not be recommended again. */
  readonly maskHistory: boolean;
  /** The only items that may be recommended. */
  readonly where?: Allowed;
  /** Further items that may not be recommended, by index. */
  readonly exclude?: readonly number[];
  /** Items that are wanted more, or less, than the model finds. */
  readonly boost?: Boosts;
  /** How unlike each other items shall be, 0 to 1, and who tells how alike they are. */
  readonly diversity?: Diversity;
  /** Takes warnings. */
  readonly emit?: Emit;
}

export interface Diversity {
  readonly share: number;
  readonly similarity: Similarity;
}

/** One recommended item by catalogue index. */
export interface Recommended {
  readonly index: number;
  readonly score: number;
}

/** A list, best first; with diversity in the order in which it was filled. */
export interface Recommendation {
  readonly items: readonly Recommended[];
  /** Nothing was known of this profile: the items are the popular ones, their scores interaction counts. */
  readonly cold: boolean;
  /** How many items each rule took out; one that several rules take out counts for the first. */
  readonly excluded: Excluded;
}

export interface Excluded {
  readonly history: number;
  readonly where: number;
  readonly exclude: number;
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
  const { profiles, catalogue, topK, exclude = [], boost, diversity } = request;
  requireTopK(topK, catalogue.size, request.emit);
  requireItems("exclude", exclude, catalogue.size);
  if (diversity !== undefined) requireDiversity(diversity.share);
  const { scores, cold } = await scoreProfiles(request, profiles, request.maskHistory);
  const columns = catalogue.size + 1;
  return profiles.map(({ history }, row) => {
    const own = scores.subarray(row * columns, (row + 1) * columns);
    if (boost !== undefined) applyBoosts(own, boost, cold[row] ? "mass" : kindOf(request));
    const excluded = takeOut(own, history, request);
    if (own.includes(Number.NaN)) throw notNumbers(); // includes, unlike indexOf, finds NaN
    const best = cut(own, topK, diversity);
    return {
      items: Array.from(best.indices, (index, at) => ({ index, score: best.scores[at] })),
      cold: cold[row],
      excluded,
    };
  });
}

/** What the scores of warm profiles are: fused ones are probabilities. */
function kindOf({ ranker: { experts = {} }, fuser }: Pipeline): ExpertKind {
  const kinds = Object.values(experts);
  return kinds.length > 1 && fuser !== undefined ? "mass" : (kinds[0] ?? "logits");
}

/** Masks what may not be recommended and counts it. */
function takeOut(scores: Float32Array, history: Int32Array, options: ListOptions): Excluded {
  const { maskHistory, where, exclude = [] } = options;
  const seen = new Set(maskHistory ? history : []);
  hide(scores, [...seen]);
  hide(scores, exclude);
  if (where === undefined) {
    return { history: seen.size, where: 0, exclude: new Set(exclude.filter((index) => !seen.has(index))).size };
  }
  keepOnly(scores, where);
  const isAllowed = (index: number) => where.items[index] === 1;
  return {
    history: seen.size,
    where: where.refused - [...seen].filter((index) => !isAllowed(index)).length,
    exclude: new Set(exclude.filter((index) => !seen.has(index) && isAllowed(index))).size,
  };
}

function cut(scores: Float32Array, topK: number, diversity: Diversity | undefined): Selection {
  if (diversity === undefined || diversity.share === 0) return selectTop(scores, topK);
  const candidates = selectTop(scores, candidatesFor(topK));
  return diversify(candidates, topK, diversity.share, diversity.similarity);
}
