/**
 * One expert's scores as shares of probability, so that experts of different units can be added.
 *   logits: p = softmax(s) over all items        mass: p = s, non-negative, whatever its sum
 *   share_i = conf^c · p_i^g z_i^a pop_i^−b / Σ_j p_j^g z_j^a pop_j^−b,  sums over the items that are not masked
 *   conf    = what p leaves to unmasked items (logits), or Σ_j p_j over the median of that sum among users (mass)
 * With c = 1 and g = 1 a model's probabilities are not renormalised after masking: how much of its mass lies on the history
 * says how little it knows of what comes next. z is the trend, pop the count of each item in training, plus one.
 * Source: our own measurements (docs/log.md); mixing probabilities linearly is Jacobs et al. 1991, without gates.
 */

/** What an expert's scores are. */
export type ExpertKind = "logits" | "mass";

/** How one expert speaks, and how loudly. */
export interface ExpertShare {
  /** w: its part of the sum. */
  readonly weight: number;
  /** g: above 1 it insists on its favourites. */
  readonly power: number;
  /** a: how much what is taken lately gains. */
  readonly trend: number;
  /** b: how much what is taken often loses. */
  readonly popularity: number;
  /** c: how much its say depends on how sure it is of this user. */
  readonly confidence: number;
  /** Of a mass: the sum that counts as ordinary confidence. */
  readonly typicalMass: number;
}

/** What items bring along whoever asks, [N + 1] each, from the histories a run is fitted on. */
export interface Priors {
  readonly trend: Float32Array;
  readonly popularity: Float32Array;
}

/** z^a · pop^−b of every item, or undefined where that is 1 everywhere. */
export function priorOf({ trend, popularity }: Priors, a: number, b: number): Float32Array | undefined {
  if (a === 0 && b === 0) return undefined;
  return trend.map((z, item) => z ** a * (popularity[item] + 1) ** -b);
}

/** Scores of one row become p, in place: softmax or the mass itself, padding 0, -Infinity (not generated) 0. */
export function toProbabilities(scores: Float32Array, kind: ExpertKind): void {
  scores[0] = kind === "logits" ? -Infinity : 0;
  if (kind === "mass") {
    for (let item = 1; item < scores.length; item++) if (!(scores[item] > 0)) scores[item] = keepNaN(scores[item]);
    return;
  }
  let most = -Infinity;
  for (const score of scores) if (score > most) most = score;
  let sum = 0;
  for (let item = 0; item < scores.length; item++) sum += scores[item] = Math.exp(scores[item] - most);
  for (let item = 0; item < scores.length; item++) scores[item] /= sum;
}

/** A mass is never below 0; what is not a number stays one, so that whoever ranks it can say so. */
function keepNaN(score: number): number {
  return Number.isNaN(score) ? score : 0;
}

/** Σ p over a row that is masked already. */
export function massOf(probabilities: Float32Array): number {
  let sum = 0;
  for (const p of probabilities) sum += p;
  return sum;
}

/** conf^c of a row that leaves `mass` to unmasked items. */
export function confidenceOf(mass: number, kind: ExpertKind, share: ExpertShare): number {
  return (kind === "logits" ? mass : mass / share.typicalMass) ** share.confidence;
}

/** Adds weight · share to `out`, for one row of masked probabilities; a row without mass adds nothing. */
export function addShare(
  probabilities: Float32Array,
  kind: ExpertKind,
  share: ExpertShare,
  prior: Float32Array | undefined,
  out: Float32Array,
): void {
  const { power } = share;
  const mass = massOf(probabilities);
  if (mass === 0) return;
  let sum = 0;
  for (let item = 1; item < probabilities.length; item++) {
    const p = probabilities[item];
    if (p === 0) continue;
    const value = (power === 1 ? p : p ** power) * (prior === undefined ? 1 : prior[item]);
    probabilities[item] = value;
    sum += value;
  }
  const factor = (share.weight * confidenceOf(mass, kind, share)) / sum;
  for (let item = 1; item < probabilities.length; item++) out[item] += factor * probabilities[item];
}
