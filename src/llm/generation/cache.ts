/**
 * Keys and values of the tokens read so far, owned here and not by the graph: the runtime would copy every output, cache and
 * all, at each token. Graphs read these arrays where they lie and return only the new rows, which are written in.
 *   keys [B, Hkv, 1, d, P], values [B, Hkv, 1, P, d] for each layer; `mask` [B, P] is LOWEST where nothing stands
 * P, the room, grows in small steps: products run over all of it.
 */
import { LOWEST } from "#nn";
import { float32, type NdArray } from "#tensor";
import type { DecoderConfig } from "../config.ts";

/** The room grows by so many tokens at once. */
const STEP = 64;

/** New rows as a graph returns them: [B, S, layers · Hkv · d]. */
export interface CacheRows {
  readonly keys: Float32Array;
  readonly values: Float32Array;
}

export class KeyValueCache {
  #length = 0;
  #room = 0;
  #keys: Float32Array[] = [];
  #values: Float32Array[] = [];
  #mask = new Float32Array(0);

  constructor(
    private readonly config: DecoderConfig,
    readonly batch: number,
  ) {
    this.reserve(1);
  }

  /** Tokens read so far, padding counted. */
  get length(): number {
    return this.#length;
  }

  /** Tokens there is room for. */
  get room(): number {
    return this.#room;
  }

  /** What the graph is fed: arrays by name. */
  get arrays(): Record<string, NdArray> {
    const { keyValueHeads, headDim } = this.config;
    const arrays: Record<string, NdArray> = { past: float32(this.#mask, [this.batch, this.#room]) };
    this.#keys.forEach((keys, layer) => {
      arrays[`keys ${layer}`] = float32(keys, [this.batch, keyValueHeads, 1, headDim, this.#room]);
      arrays[`values ${layer}`] = float32(this.#values[layer], [this.batch, keyValueHeads, 1, this.#room, headDim]);
    });
    return arrays;
  }

  /** Makes room for `more` tokens behind those that stand. */
  reserve(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#room) return;
    const room = Math.ceil(needed / STEP) * STEP;
    const { layers, keyValueHeads, headDim } = this.config;
    const groups = this.batch * keyValueHeads;
    const [keys, values]: [Float32Array[], Float32Array[]] = [[], []];
    for (let layer = 0; layer < layers; layer++) {
      keys.push(widened(this.#keys[layer], groups * headDim, this.#room, room, this.#length));
      values.push(widened(this.#values[layer], groups, this.#room * headDim, room * headDim, this.#length * headDim));
    }
    const mask = new Float32Array(this.batch * room).fill(LOWEST);
    for (let row = 0; row < this.batch; row++) {
      mask.set(this.#mask.subarray(row * this.#room, row * this.#room + this.#length), row * room);
    }
    [this.#keys, this.#values, this.#mask, this.#room] = [keys, values, mask, room];
  }

  /** Writes S new tokens in; `masks` [B, S] is LOWEST where a row has padding. */
  append({ keys, values }: CacheRows, masks: Float32Array): void {
    const added = masks.length / this.batch;
    this.reserve(added);
    const { layers, keyValueHeads, headDim } = this.config;
    const width = keyValueHeads * headDim;
    const start = this.#length;
    for (let row = 0; row < this.batch; row++) {
      for (let s = 0; s < added; s++) {
        for (let layer = 0; layer < layers; layer++) {
          const from = ((row * added + s) * layers + layer) * width;
          this.#write(row, layer, start + s, keys, values, from);
        }
        this.#mask[row * this.#room + start + s] = masks[row * added + s];
      }
    }
    this.#length += added;
  }

  #write(row: number, layer: number, at: number, keys: Float32Array, values: Float32Array, from: number): void {
    const { keyValueHeads, headDim } = this.config;
    const [toKeys, toValues, room] = [this.#keys[layer], this.#values[layer], this.#room];
    let source = from;
    for (let head = 0; head < keyValueHeads; head++) {
      const group = row * keyValueHeads + head;
      let key = group * headDim * room + at;
      let value = (group * room + at) * headDim;
      for (let d = 0; d < headDim; d++, key += room, value++, source++) {
        toKeys[key] = keys[source];
        toValues[value] = values[source];
      }
    }
  }
}

/** `rows` rows of `from` numbers, of which `used` count, in rows of `to`. */
function widened(old: Float32Array | undefined, rows: number, from: number, to: number, used: number): Float32Array {
  const wide = new Float32Array(rows * to);
  if (old === undefined || used === 0) return wide;
  for (let row = 0; row < rows; row++) wide.set(old.subarray(row * from, row * from + used), row * to);
  return wide;
}
