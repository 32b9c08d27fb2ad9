/**
 * Keys and values of the tokens read so far, owned here and not by the graph: the runtime would copy every output, cache and
 * all, at each token. Graphs read these arrays where they lie and return only the new rows, which are written in.
 *   keys [B, Hkv, 1, d, P], values [B, Hkv, 1, P, d] for each layer; `mask` [B, P] is LOWEST where nothing stands
 * P, the room, grows in small steps and never ahead of need: products run over all of it, and a softmax over places that do
 * not count is slow (their exponentials are denormal numbers).
 */
import { LOWEST } from "#nn";
import { float32, type NdArray } from "#tensor";
import type { DecoderConfig } from "../config.ts";

/** The room grows by so many tokens at once. */
const STEP = 64;

/** What a graph returns of S new tokens, laid out as the cache is: keys [layers · B, Hkv, d, S], values [layers · B, Hkv, S, d]. */
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
    this.#make(1); // the least there is: graphs with axes of no length are not what runtimes are good at
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
    this.#make(Math.ceil(needed / STEP) * STEP);
  }

  #make(room: number): void {
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
    const start = this.#length;
    this.#keys.forEach((into, layer) => {
      this.#write(into, keys, layer, this.config.headDim, added, this.#room, start);
    });
    const { headDim } = this.config;
    this.#values.forEach((into, layer) => {
      this.#write(into, values, layer, 1, added * headDim, this.#room * headDim, start * headDim);
    });
    for (let row = 0; row < this.batch; row++) {
      this.#mask.set(masks.subarray(row * added, (row + 1) * added), row * this.#room + start);
    }
    this.#length += added;
  }

  /** Lines of `size` new numbers, `lines` of them for each row and head, behind what stands in lines of `pitch`. */
  #write(
    into: Float32Array,
    from: Float32Array,
    layer: number,
    lines: number,
    size: number,
    pitch: number,
    start: number,
  ): void {
    const count = this.batch * this.config.keyValueHeads * lines;
    let source = layer * count * size;
    for (let line = 0, to = start; line < count; line++, to += pitch, source += size) {
      if (size === 1) into[to] = from[source];
      else into.set(from.subarray(source, source + size), to);
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
