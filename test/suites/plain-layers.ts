/** Layers in plain loops over numbers, for twins of what is built out of them. */
import type { Arrays, NdArray } from "#tensor";

/** The rows of a matrix. */
export function rows({ data, shape }: NdArray): number[][] {
  const [count, width] = shape;
  return Array.from({ length: count }, (_, row) =>
    Array.from({ length: width }, (__, column) => Number(data[row * width + column])),
  );
}

/** W x + b, with W and b at `address`. */
export function linear(arrays: Arrays, address: string, x: readonly number[]): number[] {
  return rows(arrays[`${address}.weight`]).map((row, out) =>
    row.reduce((sum, weight, at) => sum + weight * x[at], Number(arrays[`${address}.bias`].data[out])),
  );
}

/** (x − mean) / √(variance + ε), and where there is an address, its scale and shift. */
export function normed(x: readonly number[], arrays?: Arrays, address?: string, epsilon = 1e-5): number[] {
  const mean = x.reduce((sum, value) => sum + value, 0) / x.length;
  const variance = x.reduce((sum, value) => sum + (value - mean) ** 2, 0) / x.length;
  return x.map((value, at) => {
    const plain = (value - mean) / Math.sqrt(variance + epsilon);
    if (arrays === undefined) return plain;
    return plain * Number(arrays[`${address}.scale`].data[at]) + Number(arrays[`${address}.shift`].data[at]);
  });
}

/** x Φ(x), by the trapezoid rule over the density: slow and right to 1e-7. */
export function gelu(x: number): number {
  const steps = 2000;
  const width = x / steps;
  let area = 0;
  for (let at = 0; at <= steps; at++) {
    const density = Math.exp(-((at * width) ** 2) / 2) / Math.sqrt(2 * Math.PI);
    area += (at === 0 || at === steps ? 0.5 : 1) * density * width;
  }
  return x * (0.5 + area);
}

/** x σ(x) */
export function silu(x: number): number {
  return x / (1 + Math.exp(-x));
}
