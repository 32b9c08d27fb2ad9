/**
 * Where items may be recommended again, how likely that is: experts think of it what they will, a model of a tenth of its mass,
 * one of none. An expert that has weighed everything (kind "weighed") is believed, and the others' probabilities of what was
 * taken before are scaled to its odds:
 *   o = Σ_taken p / Σ_new p of that expert        p_e(i) ← p_e(i) · o · Σ_new p_e / Σ_taken p_e,  i taken before
 * Source: our own measurements (docs/log.md).
 */
import type { ExpertKind } from "./share.ts";

/** Who is believed, if anyone. */
export function judgeOf(kinds: Readonly<Record<string, ExpertKind>>): string | undefined {
  return Object.keys(kinds).find((name) => kinds[name] === "weighed");
}

/** o of one row of probabilities, column 0 padding; Infinity where nothing new is thought of. */
export function oddsOfRepeat(probabilities: Float32Array, taken: ArrayLike<number>): number {
  const { before, fresh } = split(probabilities, taken);
  return before === 0 ? 0 : before / fresh;
}

/** Scales what was taken before to these odds, in place; a row that knows only one of the two stays as it is. */
export function scaleRepeats(probabilities: Float32Array, taken: ArrayLike<number>, odds: number): void {
  const { before, fresh } = split(probabilities, taken);
  if (before === 0 || fresh === 0 || !Number.isFinite(odds)) return;
  const factor = (odds * fresh) / before;
  for (const item of new Set(Array.from(taken))) probabilities[item] *= factor;
}

function split(probabilities: Float32Array, taken: ArrayLike<number>): { before: number; fresh: number } {
  let [before, all] = [0, 0];
  for (let item = 1; item < probabilities.length; item++) all += probabilities[item];
  for (const item of new Set(Array.from(taken))) before += probabilities[item];
  return { before, fresh: Math.max(0, all - before) };
}
