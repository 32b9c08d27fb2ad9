/**
 * A decoder whose states stand in another basis, x' = x H, in which no number of a state is far larger than the others, so
 * that rounding to 8 bits costs little:
 *   reading maps  W' = W diag(g) H, g the gain of the norm before them, which becomes 1;   writing maps  W' = Hᵀ W
 * H is a Hadamard matrix over √n in blocks of n, a power of two that divides D, 64 at most: its own inverse. RMS norms do not
 * see a rotation, so that what the decoder computes stays the same up to float32's rounding.
 * Source: QuaRot (arXiv 2404.00456), section 4, stage 1; SliceGPT (arXiv 2401.15024), section 3, on norms. Differs: blocks
 * instead of one matrix of the whole width.
 */

import { type Arrays, constant, float32, type NdArray, type Tensor } from "#tensor";
import type { DecoderConfig } from "./config.ts";

/** More would cost more and spread little further. */
const LARGEST_BLOCK = 64;

/** Numbers that are turned together: the largest power of two that divides a width, within bounds. */
export function blockOf(dim: number): number {
  return Math.min(dim & -dim, LARGEST_BLOCK);
}

/** x [..., D] in the other basis, from either to the other. */
export function turned(x: Tensor, dim: number): Tensor {
  const size = blockOf(dim);
  return x
    .reshape([...x.shape.slice(0, -1), dim / size, size])
    .matmul(constant(blockMatrix(dim)))
    .reshape(x.shape);
}

/** H of one block [n, n]. */
export function blockMatrix(dim: number): NdArray<Float32Array> {
  const size = blockOf(dim);
  const rows = new Float32Array(size * size);
  for (let at = 0; at < size; at++) rows[at * size + at] = 1;
  return float32(turnedRows(rows, size), [size, size]);
}

/** Gains of a checkpoint's norms over states, by address: `layers.0.attentionNorm.scale`, …, `norm.scale`. */
export type Gains = Readonly<Record<string, NdArray<Float32Array>>>;

/** Addresses of those. */
export function gainAddresses({ layers }: DecoderConfig): string[] {
  const each = Array.from({ length: layers }, (_, at) => [
    `layers.${at}.attentionNorm.scale`,
    `layers.${at}.feedForwardNorm.scale`,
  ]);
  return [...each.flat(), FINAL_GAIN];
}

/** Of the norm before the head. */
export const FINAL_GAIN = "norm.scale";

/** A weight in the new basis: a map's, an adapter's half (`.a` reads, `.b` writes), a bias or a gain; others stay as they are. */
export function inBasis(address: string, array: NdArray<Float32Array>, gains: Gains): NdArray<Float32Array> {
  if (address in gains) return { ...array, data: array.data.slice().fill(1) };
  const [, layer, part, ending] = /^(layers\.\d+)?\.?(.+)\.(\w+)$/.exec(address) ?? [];
  const writes = part === "attention.output" || part === "feedForward.down";
  const gain = writes ? undefined : gains[gainBefore(layer, part)];
  if (writes && ending === "bias") return { ...array, data: turnedRows(array.data.slice(), array.shape[0]) };
  if (writes && ending !== "a") return { ...array, data: turnedColumns(array.data.slice(), array.shape) };
  if (gain === undefined || (ending !== "weight" && ending !== "a")) return array;
  const dim = array.shape[1];
  const [scaled, factors] = [array.data.slice(), gain.data];
  for (let start = 0; start < scaled.length; start += dim) {
    for (let at = 0; at < dim; at++) scaled[start + at] *= factors[at];
  }
  return { ...array, data: turnedRows(scaled, dim) };
}

/** All weights in the new basis. */
export function allInBasis(arrays: Arrays, gains: Gains): Arrays {
  // as: a decoder's weights are float32
  const turned = (address: string, array: NdArray) => inBasis(address, array as NdArray<Float32Array>, gains);
  return Object.fromEntries(Object.entries(arrays).map(([address, array]) => [address, turned(address, array)]));
}

function gainBefore(layer: string | undefined, part: string | undefined): string {
  if (part === "head" || part === "embedding") return FINAL_GAIN;
  if (/^attention\.(query|key|value)$/.test(part ?? "")) return `${layer}.attentionNorm.scale`;
  return /^feedForward\.(gate|up)$/.test(part ?? "") ? `${layer}.feedForwardNorm.scale` : "";
}

/** Turns rows of `dim` numbers in place, block by block: log n rounds of sums and differences. */
export function turnedRows(data: Float32Array, dim: number): Float32Array {
  const block = blockOf(dim);
  for (let start = 0; start < data.length; start += block) {
    for (let span = 1; span < block; span *= 2) addPairs(data, start, start + block, span);
  }
  return scaledBy(data, 1 / Math.sqrt(block));
}

/** The same down the columns of a matrix. */
function turnedColumns(data: Float32Array, [rows, columns = 1]: readonly number[]): Float32Array {
  const block = blockOf(rows);
  for (let span = 1; span < block; span *= 2) addPairs(data, 0, data.length, span * columns);
  return scaledBy(data, 1 / Math.sqrt(block));
}

/** (a, b) becomes (a + b, a - b) wherever two numbers stand `span` apart. */
function addPairs(data: Float32Array, from: number, to: number, span: number): void {
  for (let start = from; start < to; start += 2 * span) {
    for (let at = start; at < start + span; at++) {
      const a = data[at];
      const b = data[at + span];
      data[at] = a + b;
      data[at + span] = a - b;
    }
  }
}

function scaledBy(data: Float32Array, scale: number): Float32Array {
  for (let at = 0; at < data.length; at++) data[at] *= scale;
  return data;
}
