/**
 * The next token out of logits. Temperature 0: the largest, the first of equals. Otherwise a draw from softmax(logits / t)
 * among the `topK` largest (Fan et al. 2018, arXiv 1805.04833), and of these the fewest that together reach `topP`
 * (Holtzman et al. 2020, arXiv 1904.09751).
 */
import { type Key, Stream } from "#random";

export interface Sampling {
  /** 0 takes the largest; 1 draws as the model says. */
  readonly temperature?: number;
  readonly topK?: number;
  readonly topP?: number;
}

/** Chooses a token; only from `allowed`, where that is said. `key` is for this one draw. */
export function chooseToken(logits: Float32Array, sampling: Sampling, key: Key, allowed?: readonly number[]): number {
  const { temperature = 0 } = sampling;
  if (temperature === 0) return largest(logits, allowed);
  const candidates = allowed === undefined ? Int32Array.from(logits.keys()) : Int32Array.from(allowed);
  const order = candidates.sort((a, b) => logits[b] - logits[a] || a - b);
  const kept = order.subarray(0, Math.min(order.length, sampling.topK ?? order.length));
  const weights = Float64Array.from(kept, (token) => Math.exp((logits[token] - logits[kept[0]]) / temperature));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const end = nucleus(weights, (sampling.topP ?? 1) * total);
  let left = new Stream(key).uniform() * weights.subarray(0, end).reduce((sum, weight) => sum + weight, 0);
  for (let at = 0; at < end; at++) {
    left -= weights[at];
    if (left < 0) return kept[at];
  }
  return kept[end - 1]; // rounding used all of it up
}

/** How many of the weights, largest first, reach `mass`; one at least. */
function nucleus(weights: Float64Array, mass: number): number {
  let sum = 0;
  for (let at = 0; at < weights.length; at++) {
    sum += weights[at];
    if (sum >= mass) return at + 1;
  }
  return weights.length;
}

function largest(logits: Float32Array, allowed?: readonly number[]): number {
  let best = allowed?.[0] ?? 0;
  if (allowed === undefined) {
    for (let token = 1; token < logits.length; token++) if (logits[token] > logits[best]) best = token;
  } else for (const token of allowed) if (logits[token] > logits[best]) best = token;
  return best;
}

/** The `count` largest logits with their tokens, largest first. */
export function topTokens(logits: Float32Array, count: number): (readonly [token: number, logit: number])[] {
  const best: number[] = [];
  for (let token = 0; token < logits.length; token++) {
    if (best.length === count && logits[token] <= logits[best[count - 1]]) continue;
    let place = best.length;
    while (place > 0 && logits[best[place - 1]] < logits[token]) place--;
    best.splice(place, 0, token);
    best.length = Math.min(best.length, count);
  }
  return best.map((token) => [token, logits[token]]);
}

/** -log softmax(logits)[token]. */
export function surprise(logits: Float32Array, token: number): number {
  let highest = Number.NEGATIVE_INFINITY;
  for (const logit of logits) highest = Math.max(highest, logit);
  let sum = 0;
  for (const logit of logits) sum += Math.exp(logit - highest);
  return highest + Math.log(sum) - logits[token];
}
