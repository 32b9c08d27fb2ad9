/**
 * The error function as ONNX nodes. ONNX Runtime has no float64 kernel, so gradient checks integrate it:
 * erf(x) = 2x/√π ∫₀¹ exp(-x²t²) dt by Gauss-Legendre with 40 points, which is exact to 1e-15 for |x| < 6; beyond, erf is ±1.
 */
import type { Emitter } from "./emit.ts";

/** erf(x), in the precision the graph is emitted for. */
export function emitErf(emit: Emitter, x: string): string {
  if (!emit.double) return emit.node("Erf", [x]);
  const { points, weights } = legendre(40);
  const constant = (name: string, shape: readonly number[], data: Float64Array) =>
    emit.constant(name, { dtype: "float64", shape, data });
  const squares = constant(
    "erf.-t²",
    [1, points.length],
    points.map((t) => -t * t),
  );
  const clipped = emit.node("Max", [emit.node("Min", [x, emit.scalar(6)]), emit.scalar(-6)]);
  // As rows of a matrix: ONNX Runtime refuses to broadcast an empty stack of matrices.
  const column = emit.node("Reshape", [emit.node("Mul", [clipped, clipped]), emit.ints([-1, 1])]);
  const integrand = emit.node("Exp", [emit.node("MatMul", [column, squares])]); // [n, 40]
  const sums = emit.node("MatMul", [integrand, constant("erf.weights", [weights.length, 1], weights)]);
  const integral = emit.node("Reshape", [sums, emit.node("Shape", [x])], { attributes: { allowzero: 1 } });
  return emit.node("Mul", [emit.node("Mul", [clipped, emit.scalar(2 / Math.sqrt(Math.PI))]), integral]);
}

/** Points and weights on [0, 1]: roots of the Legendre polynomial P_n by Newton's method from Tricomi's first guess. */
function legendre(count: number): { readonly points: Float64Array; readonly weights: Float64Array } {
  const points = new Float64Array(count);
  const weights = new Float64Array(count);
  for (let at = 0; at < count; at++) {
    let root = Math.cos((Math.PI * (at + 0.75)) / (count + 0.5));
    let slope = 1;
    for (let round = 0; round < 8; round++) {
      let [before, here] = [1, root];
      for (let n = 2; n <= count; n++) [before, here] = [here, ((2 * n - 1) * root * here - (n - 1) * before) / n];
      slope = (count * (root * here - before)) / (root * root - 1);
      root -= here / slope;
    }
    points[at] = (1 + root) / 2;
    weights[at] = 1 / ((1 - root * root) * slope * slope);
  }
  return { points, weights };
}
