/**
 * Rule `boost`: items that meet a condition count as `factor` times as likely as the model finds them, before the list is
 * cut: below 1 they sink, above 1 they rise, several boosts of one item multiply.
 *   mass (counts, probabilities): s' = f · s        logits (of a softmax): s' = s + ln f
 * The second is the first: p ∝ exp(s), so exp(s + ln f) = f · exp(s), and the odds of a boosted item against any other are
 * f times what they were. A plain product of logits would lower what is negative and depend on where 0 happens to lie.
 */
import { ConfigError } from "#base";
import type { Catalogue } from "#data";
import { parse, parseFactors } from "./parse.ts";
import { allowedBy } from "./where.ts";

/** What scores are: the logarithm of how likely an item is (up to a constant), or proportional to it and 0 or more. */
export type ScoreKind = "logits" | "mass";

/** Items that meet `where` are wanted `factor` times as much. */
export interface Boost {
  readonly where: string;
  readonly factor: number;
}

/** Boosts over a catalogue: only the items that any of them changes. */
export interface Boosts {
  readonly items: Int32Array;
  readonly factors: Float64Array; // [items]
}

/** The factor of each item, its boosts multiplied. */
export function boosts(given: string | readonly Boost[], catalogue: Catalogue): Boosts {
  const all = new Float64Array(catalogue.size + 1).fill(1);
  for (const { expression, factor } of read(given)) {
    if (!(factor > 0 && Number.isFinite(factor))) {
      throw new ConfigError(`boost: the factor ${factor} is not above 0. Expected 2 (twice as much) or 0.5 (half).`, {
        code: "bad-value",
        field: "boost",
        hint: "To take items out, use where: not (…).",
      });
    }
    const { items } = allowedBy(expression, catalogue);
    for (let index = 1; index < items.length; index++) if (items[index] === 1) all[index] *= factor;
  }
  const items = Int32Array.from(all.keys()).filter((index) => all[index] !== 1);
  return { items, factors: Float64Array.from(items, (index) => all[index]) };
}

/** Applies the factors to one row of scores. */
export function applyBoosts(scores: Float32Array, { items, factors }: Boosts, kind: ScoreKind): void {
  for (let at = 0; at < items.length; at++) {
    const index = items[at];
    scores[index] = kind === "mass" ? scores[index] * factors[at] : scores[index] + Math.log(factors[at]);
  }
}

function read(given: string | readonly Boost[]) {
  if (typeof given === "string") return parseFactors(given);
  return given.map(({ where, factor }) => ({ expression: parse(where, "boost"), factor }));
}
