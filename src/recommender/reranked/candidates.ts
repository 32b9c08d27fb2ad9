/**
 * A user's candidates and what is known of each: the best of a preliminary mix of the experts, and the items of the
 * history, which only count where they may be recommended again.
 *   preliminary = Σ_e w_e share_e(i) · z_i^0.4
 */
import { selectTop } from "#retrieval";
import type { ItemVectors } from "../contract.ts";
import { type ExpertKind, massOf, toProbabilities } from "../fusion/share.ts";
import type { Statistics } from "./statistics.ts";

/** Strength of the trend in the preliminary mix. */
const TREND = 0.4;
/** Items of the history beside the candidates, the newest. */
export const MOST_REPEATS = 20;
/** Beyond these the z-scores of a log say nothing. */
const LEAST_TREND = 3;
const LEAST_POPULARITY = 5;
/** Items of the history that candidates are compared with. */
const RECENT = 10;
const DECAY = 0.7;

/** What one expert says of one user: shares over unmasked items, and what they were shared out of. */
interface Spoken {
  readonly kind: ExpertKind;
  readonly shares: Float32Array; // [N + 1], sums to 1 unless nothing was said
  readonly mass: number;
  readonly highest: number;
}

export interface CandidateOptions {
  readonly kinds: Readonly<Record<string, ExpertKind>>;
  /** Weights of the preliminary mix; experts that are not named only inform. */
  readonly preliminary: Readonly<Record<string, number>>;
  readonly statistics: Statistics;
  readonly vectors?: ItemVectors;
  /** How many beside the history's own. */
  readonly count: number;
}

/** Candidates of one user, and their features row by row. */
export interface Candidates {
  readonly items: Int32Array; // [C]
  readonly features: Float32Array; // [C, F]
  /** The preliminary score of every item: the order of what is no candidate. */
  readonly preliminary: Float32Array; // [N + 1]
}

/** The names of the features, in their order. */
export function featureNames({ kinds, vectors }: Pick<CandidateOptions, "kinds" | "vectors">): string[] {
  const names = Object.entries(kinds).flatMap(([name, kind]) =>
    kind === "logits"
      ? [`log ${name}`, `${name} below its best`, `root ${name}`, `${name} mass`, `${name} best`, `log ${name} of last`]
      : [`log ${name}`, `root ${name}`, `${name} mass`, `log ${name} of last`],
  );
  const geometry = vectors === undefined ? [] : ["cosine to last", "best cosine", "mean cosine"];
  return [
    ...names,
    ...["preliminary", "preliminary below best", "trend", "popularity", "age", "age of history", "length", "repeat"],
    ...geometry,
  ];
}

/** `scores` [N + 1] by expert for the whole history, `last` for its newest item alone; both are used up. */
export function candidatesOf(
  history: Int32Array,
  scores: Readonly<Record<string, Float32Array>>,
  last: Readonly<Record<string, Float32Array>>,
  options: CandidateOptions,
): Candidates {
  const { kinds, statistics } = options;
  const spoken = Object.entries(kinds).map(([name, kind]) => ({
    name,
    whole: speak(scores[name], kind, history),
    last: speak(last[name], kind, history),
  }));
  const preliminary = new Float32Array(statistics.trend.length);
  for (const { name, whole } of spoken) {
    const weight = options.preliminary[name] ?? 0;
    if (weight === 0) continue;
    for (let item = 1; item < preliminary.length; item++) preliminary[item] += weight * whole.shares[item];
  }
  for (let item = 1; item < preliminary.length; item++) preliminary[item] *= statistics.trend[item] ** TREND;
  const repeats = [...new Set(history.slice().reverse())].slice(0, MOST_REPEATS);
  const unmasked = preliminary.slice();
  unmasked[0] = -Infinity;
  for (const item of history) unmasked[item] = -Infinity;
  const { indices } = selectTop(unmasked, options.count);
  const items = Int32Array.from([...indices, ...repeats]);
  return { items, features: featuresOf(items, history, spoken, preliminary, options), preliminary };
}

function speak(scores: Float32Array, kind: ExpertKind, history: Int32Array): Spoken {
  toProbabilities(scores, kind);
  const all = massOf(scores);
  let hidden = 0;
  for (const item of new Set(history)) hidden += scores[item];
  const mass = Math.max(0, all - hidden);
  let highest = 0;
  const factor = mass > 0 ? 1 / mass : 0;
  for (let item = 1; item < scores.length; item++) {
    scores[item] *= factor;
    if (scores[item] > highest) highest = scores[item];
  }
  return { kind, shares: scores, mass, highest };
}

function featuresOf(
  items: Int32Array,
  history: Int32Array,
  spoken: readonly { readonly name: string; readonly whole: Spoken; readonly last: Spoken }[],
  preliminary: Float32Array,
  { kinds, vectors, statistics }: CandidateOptions,
): Float32Array {
  const width = featureNames({ kinds, vectors }).length;
  const features = new Float32Array(items.length * width);
  const best = items.reduce((most, item) => Math.max(most, preliminary[item]), 0);
  const repeated = new Set(history);
  const recent = history.slice(-4);
  const ageOfHistory = recent.reduce((sum, item) => sum + statistics.age[item], 0) / Math.max(1, recent.length);
  const compare = vectors && comparison(vectors, history);
  items.forEach((item, row) => {
    let at = row * width;
    const put = (value: number) => {
      features[at++] = value;
    };
    for (const { whole, last } of spoken) {
      if (whole.kind === "logits") {
        put(Math.log(whole.shares[item] + 1e-7));
        put(Math.log(whole.shares[item] + 1e-7) - Math.log(whole.highest + 1e-7));
        put(Math.sqrt(whole.shares[item]));
        put(Math.log(whole.mass + 1e-7));
        put(Math.log(whole.highest * whole.mass + 1e-5));
        put(Math.log(last.shares[item] + 1e-7));
      } else {
        put(Math.log(whole.shares[item] + 1e-4));
        put(Math.sqrt(whole.shares[item]));
        put(Math.log(whole.mass + 1e-3));
        put(Math.log(last.shares[item] + 1e-4));
      }
    }
    put(Math.log(preliminary[item] + 1e-9));
    put(Math.log(preliminary[item] + 1e-9) - Math.log(best + 1e-9));
    put(Math.log(Math.max(LEAST_TREND, statistics.trend[item])));
    put(Math.log(Math.max(LEAST_POPULARITY, statistics.popularity[item])));
    put(statistics.age[item]);
    put(ageOfHistory);
    put(Math.log(Math.min(20, history.length)));
    put(Number(repeated.has(item)));
    if (compare !== undefined) for (const value of compare(item)) put(value);
  });
  return features;
}

/** Cosines of a candidate to the newest item, the best over the last ten, and their decayed mean. */
function comparison({ data, dim }: ItemVectors, history: Int32Array): (item: number) => readonly number[] {
  const recent = history.slice(-RECENT).reverse();
  const norms = Array.from(recent, (item) => norm(data, item, dim));
  return (item) => {
    const own = norm(data, item, dim);
    let [best, sum, weights, newest] = [-1, 0, 0, 0];
    recent.forEach((other, age) => {
      let inner = 0;
      for (let k = 0; k < dim; k++) inner += data[item * dim + k] * data[other * dim + k];
      const cosine = inner / (own * norms[age] + 1e-12);
      if (age === 0) newest = cosine;
      best = Math.max(best, cosine);
      const weight = DECAY ** age;
      sum += weight * cosine;
      weights += weight;
    });
    return [newest, best, weights > 0 ? sum / weights : 0];
  };
}

function norm(data: Float32Array, item: number, dim: number): number {
  let squares = 0;
  for (let at = item * dim; at < (item + 1) * dim; at++) squares += data[at] * data[at];
  return Math.sqrt(squares);
}
