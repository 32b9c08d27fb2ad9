/**
 * A checkpoint's weights as arrays by address, checked against what the decoder asks for before the first is read.
 * float32: dense. int8: in a basis that suits it (basis.ts), projections and head are rounded to 8 bits, one scale a row.
 * packed: they stay in the 4 or 8 bits the file has them in. The rest is float32 throughout.
 */
import { CheckpointError } from "#base";
import { type Arrays, type NdArray, type PackedMatrix, showShape, sizeOf, type Tensor } from "#tensor";
import { type Gains, gainAddresses, inBasis } from "../basis.ts";
import { plannedParameters } from "../decoder.ts";
import { roundedArrays, turnsAll, turnsOthers } from "../rounded.ts";
import type { Checkpoint } from "./source.ts";

export type Precision = "float32" | "int8" | "packed";

/** Whether the matrix at an address is rounded to 8 bits at this precision. */
export function isRounded(checkpoint: Checkpoint, address: string, precision: Precision): boolean {
  return precision === "int8" && isProjection(address) && checkpoint.shapeOf(address)?.length === 2;
}

/** Whether it stays packed. */
export function isPacked(checkpoint: Checkpoint, address: string, precision: Precision): boolean {
  return precision === "packed" && isPackable(checkpoint, address);
}

/** How a weight is held at a precision. */
function holding(checkpoint: Checkpoint, address: string, precision: Precision): Held {
  if (isPacked(checkpoint, address, precision)) return "packed";
  return isRounded(checkpoint, address, precision) ? "rounded" : "dense";
}

/** Whether the matrix at an address can be read packed. */
export function isPackable(checkpoint: Checkpoint, address: string): boolean {
  if (!isProjection(address)) return false;
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

/** How a weight is held: as numbers, in the checkpoint's few bits, or rounded to 8. */
export type Held = "dense" | "packed" | "rounded";

/**
 * Everything that the decoder reads, by address: dense arrays; `.codes`, `.scales`, `.minima` of those in few bits. How each is
 * held follows from a precision; or it is said, and what is rounded is turned by itself, states staying in their own basis.
 */
export async function loadWeights(
  checkpoint: Checkpoint,
  how: Precision | ((address: string) => Held),
  progress?: LoadProgress,
): Promise<Arrays> {
  const said = typeof how === "function";
  const heldAs = said ? how : (address: string) => holding(checkpoint, address, how);
  const turns = said ? turnsAll : turnsOthers;
  const parameters = requireWeights(checkpoint);
  const addresses = Object.keys(parameters);
  const gains = how === "int8" ? await readGains(checkpoint) : undefined;
  const arrays: Record<string, NdArray> = {};
  for (const [at, address] of addresses.entries()) {
    progress?.(at, addresses.length);
    const prefix = address.replace(/weight$/, "");
    const held = heldAs(address);
    if (held === "packed") Object.assign(arrays, packedArrays(prefix, await checkpoint.readPacked(address)));
    else {
      const read = await checkpoint.read(address);
      const dense = gains === undefined ? read : inBasis(address, read, gains);
      Object.assign(arrays, held === "rounded" ? roundedArrays(prefix, dense, turns) : { [address]: dense });
    }
  }
  progress?.(addresses.length, addresses.length);
  return arrays;
}

/** Gains of the norms over states. */
export async function readGains(checkpoint: Checkpoint): Promise<Gains> {
  const gains: Record<string, NdArray<Float32Array>> = {};
  for (const address of gainAddresses(checkpoint.config)) gains[address] = await checkpoint.read(address);
  return gains;
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
    if (isRounded(checkpoint, address, precision)) weights += count + 4 * Number(shape[0]);
    else if (!isPacked(checkpoint, address, precision)) weights += 4 * count;
    else {
      const { bits, block, minima } = checkpoint.packingOf(address);
      weights += (count * bits) / 8 + (count / block) * (minima ? 8 : 4);
    }
  }
  return { parameters, weights, cachePerToken: 2 * 4 * layers * keyValueHeads * headDim };
}
