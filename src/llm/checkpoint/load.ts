/**
 * A checkpoint's weights as arrays by address, checked against what the decoder asks for before the first is read.
 * float32: dense. int8: projections and head stay packed (4 or 8 bits), the rest is float32.
 */
import { CheckpointError } from "#base";
import { type Arrays, type NdArray, type PackedMatrix, showShape, sizeOf, type Tensor } from "#tensor";
import { plannedParameters } from "../decoder.ts";
import type { Checkpoint } from "./source.ts";

export type Precision = "float32" | "int8";

/** Addresses of the matrices that stay packed at this precision. */
export function isPacked(checkpoint: Checkpoint, address: string, precision: Precision): boolean {
  if (precision === "float32" || !isProjection(address)) return false;
  const shape = checkpoint.shapeOf(address);
  return shape?.length === 2 && shape[1] % checkpoint.packingOf(address).block === 0;
}

function isProjection(address: string): boolean {
  return /^(layers\.\d+\.(attention|feedForward)\.\w+|head|embedding)\.weight$/.test(address);
}

/** Fails where a weight is missing or of another shape. */
export function requireWeights(checkpoint: Checkpoint): Readonly<Record<string, Tensor>> {
  const parameters = plannedParameters(checkpoint.config);
  for (const [address, { shape }] of Object.entries(parameters)) {
    const [name, found] = [checkpoint.nameOf(address), checkpoint.shapeOf(address)];
    if (found === undefined) {
      throw new CheckpointError(
        `${checkpoint.path}: weight "${name}" is missing; expected shape ${showShape(shape)}.`,
        {
          code: "missing-weight",
          file: checkpoint.path,
          field: name,
          hint: "Fetch the model again, whole, with all its shards; or its configuration belongs to another one.",
        },
      );
    }
    if (showShape(found) !== showShape(shape)) {
      throw new CheckpointError(
        `${checkpoint.path}: weight "${name}" has shape ${showShape(found)}; its configuration expects ${showShape(shape)}.`,
        {
          code: "weight-shape",
          file: checkpoint.path,
          field: name,
          hint: "Fetch weights and configuration of the same model.",
        },
      );
    }
  }
  return parameters;
}

export type LoadProgress = (done: number, of: number) => void;

/**
 * Everything that the decoder reads, by address: dense arrays; `.codes`, `.scales`, `.minima` of packed ones. Packed are those
 * that stay so at a precision, or those that are named.
 */
export async function loadWeights(
  checkpoint: Checkpoint,
  which: Precision | ((address: string) => boolean),
  progress?: LoadProgress,
): Promise<Arrays> {
  const stays = typeof which === "function" ? which : (address: string) => isPacked(checkpoint, address, which);
  const parameters = requireWeights(checkpoint);
  const addresses = Object.keys(parameters);
  const arrays: Record<string, NdArray> = {};
  for (const [at, address] of addresses.entries()) {
    progress?.(at, addresses.length);
    if (!stays(address)) arrays[address] = await checkpoint.read(address);
    else Object.assign(arrays, packedArrays(address.replace(/weight$/, ""), await checkpoint.readPacked(address)));
  }
  progress?.(addresses.length, addresses.length);
  return arrays;
}

function packedArrays(prefix: string, { codes, scales, minima }: PackedMatrix): Arrays {
  const arrays = { [`${prefix}codes`]: codes, [`${prefix}scales`]: scales };
  return minima === undefined ? arrays : { ...arrays, [`${prefix}minima`]: transposed(minima) };
}

/** [O, blocks] → [blocks, O], as the product with block sums reads them. */
function transposed({ shape: [rows, columns], data }: NdArray<Float32Array>): NdArray<Float32Array> {
  const turned = new Float32Array(data.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) turned[column * rows + row] = data[row * columns + column];
  }
  return { dtype: "float32", shape: [columns, rows], data: turned };
}

export interface MemoryEstimate {
  readonly parameters: number;
  /** Weights at the precision that was asked for, in bytes. */
  readonly weights: number;
  /** Keys and values of one token, in bytes. */
  readonly cachePerToken: number;
}

/** What a checkpoint will take, from its header alone. */
export function estimateMemory(checkpoint: Checkpoint, precision: Precision): MemoryEstimate {
  const { layers, keyValueHeads, headDim } = checkpoint.config;
  let [parameters, weights] = [0, 0];
  for (const [address, { shape }] of Object.entries(requireWeights(checkpoint))) {
    const count = sizeOf(shape);
    parameters += count;
    if (!isPacked(checkpoint, address, precision)) weights += 4 * count;
    else {
      const { bits, block, minima } = checkpoint.packingOf(address);
      weights += (count * bits) / 8 + (count / block) * (minima ? 8 : 4);
    }
  }
  return { parameters, weights, cachePerToken: 2 * 4 * layers * keyValueHeads * headDim };
}
