/**
 * Several experts' scores become one: s = Σ_e w_e · s_e, with one expert its own scores.
 * Weights are never guessed: experts speak in different units (logits, cosines, counts), so an unweighted sum would let
 * the loudest decide. They are tuned on validation and are part of a run.
 */

/** Weight by expert name; an expert of weight 0 need not be named. */
export type FusionWeights = Readonly<Record<string, number>>;

/** Scores of each expert, all of one length. What a single expert returns is passed on, not copied. */
export type ExpertScores = Readonly<Record<string, Float32Array>>;

/** The fused scores. -Infinity (not generated) from any expert with a weight stays -Infinity. */
export function fuse(experts: ExpertScores, weights?: FusionWeights): Float32Array {
  const names = Object.keys(experts);
  if (names.length === 1 && weights === undefined) return experts[names[0]];
  if (weights === undefined) {
    throw new Error(`internal: ${names.length} experts (${names.join(", ")}) were to be fused without weights.`);
  }
  const unknown = Object.keys(weights).find((name) => !(name in experts));
  if (unknown !== undefined) {
    throw new Error(`internal: fusion has a weight for "${unknown}", but the experts are ${names.join(", ")}.`);
  }
  const weighted = names.filter((name) => (weights[name] ?? 0) !== 0); // 0 · -Infinity would be NaN
  if (weighted.length === 0) throw new Error("internal: fusion gives every expert the weight 0.");
  const fused = new Float32Array(experts[weighted[0]].length);
  for (const name of weighted) {
    const scores = experts[name];
    const weight = weights[name];
    for (let at = 0; at < fused.length; at++) fused[at] += weight * scores[at];
  }
  return fused;
}
