/**
 * A decoder at work: one graph reads any number of new tokens of any number of rows behind a cache of any length, so that
 * prompts and single tokens share one session and one copy of the weights, which are part of the graph.
 */
import { LOWEST, Weights } from "#nn";
import {
  type Arrays,
  type Compiled,
  compile,
  concat,
  constant,
  float32,
  int32,
  mergeDims,
  type NdArray,
  type Runtime,
  type Tensor,
} from "#tensor";
import { turned } from "../basis.ts";
import type { DecoderConfig } from "../config.ts";
import { Decoder } from "../decoder.ts";
import type { Project } from "../projection.ts";
import { KeyValueCache } from "./cache.ts";
import { cacheBehind } from "./prefix.ts";

/** New tokens of all rows: x [B, S, D]; `padding` [B] says how many of each row's first tokens are none. */
export interface Fresh {
  readonly x: Float32Array;
  readonly padding?: readonly number[];
  /**
   * [S]: of each new token the one that it follows, which stands before it, or -1: it follows what was read. So many texts that begin
   * alike are read at once, and the cache stays as it is. Absent: each follows the one before it.
   */
  readonly parents?: readonly number[] | undefined;
}

export interface Read {
  /** States after the final norm: [B, S, D]. */
  readonly hidden: Float32Array;
  /** Logits [W, V] of the rows of [B·S] that were asked for. */
  readonly logits: Float32Array;
}

export interface SessionOptions {
  readonly project: Project;
  readonly runtime: Runtime;
  /** Weights stand in the basis of basis.ts, and this was the gain of the norm before the head. */
  readonly finalGain?: NdArray | undefined;
}

export class DecoderSession implements AsyncDisposable {
  readonly #graph: Compiled<Arrays, Record<string, Tensor>>;

  private constructor(
    readonly config: DecoderConfig,
    { project, runtime, finalGain }: SessionOptions,
    constants: Arrays,
  ) {
    const decoder = new Decoder(Weights.planned(), config, { project, embeds: false });
    this.#graph = compile("decoder", (inputs) => traced(decoder, inputs, finalGain), {
      runtime,
      constants,
      axes: axesOf(config),
    });
  }

  /** Opens a session. `arrays` is emptied: the session has the weights, in the runtime's own form. */
  static async open(
    config: DecoderConfig,
    arrays: Record<string, NdArray>,
    options: SessionOptions,
  ): Promise<DecoderSession> {
    const session = new DecoderSession(config, options, arrays);
    await session.read(new KeyValueCache(config, 1), { x: new Float32Array(config.dim) }, [0]); // makes the graph
    for (const address of Object.keys(arrays)) delete arrays[address];
    return session;
  }

  /** An empty cache for so many rows. */
  cache(batch: number): KeyValueCache {
    return new KeyValueCache(this.config, batch);
  }

  /** A cache for rows that are filled up at the left by `padding` [B]; with `prefix`, behind what it holds. */
  cacheFor(padding: readonly number[], prefix?: KeyValueCache): KeyValueCache {
    return prefix === undefined ? this.cache(padding.length) : cacheBehind(prefix, padding, this.config);
  }

  /** Reads what is new behind `cache` and writes it there, if it is no tree; logits of `wanted` rows of [B·S]. */
  async read(cache: KeyValueCache, { x, padding, parents }: Fresh, wanted: readonly number[]): Promise<Read> {
    const { batch } = cache;
    const length = x.length / this.config.dim / batch;
    const masks = new Float32Array(batch * length);
    padding?.forEach((count, row) => {
      masks.fill(LOWEST, row * length, row * length + Math.min(count, length));
    });
    const { depths, mask } = parents === undefined ? lineOf(length) : treeOf(parents);
    const outputs = await this.#graph.run({
      x: float32(x, [batch, length, this.config.dim]),
      fresh: float32(masks, [batch, length]),
      among: float32(mask, [length, length]),
      positions: int32(
        depths.map((depth) => cache.length + depth),
        [length],
      ),
      wanted: int32(Int32Array.from(wanted), [wanted.length]),
      ...cache.arrays,
    });
    // as: outputs of float32 graphs
    const of = (name: string) => outputs[name].data as Float32Array;
    if (parents === undefined) cache.append({ keys: of("keys"), values: of("values") }, masks);
    return { hidden: of("hidden"), logits: of("logits") };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#graph[Symbol.asyncDispose]();
  }
}

/** Tokens that stand one behind the other: how many stand before each, and who sees whom, additive [S, S]. */
function lineOf(length: number): { depths: Int32Array<ArrayBuffer>; mask: Float32Array<ArrayBuffer> } {
  const mask = new Float32Array(length * length);
  for (let at = 0; at < length; at++) mask.fill(LOWEST, at * length + at + 1, (at + 1) * length);
  return { depths: Int32Array.from({ length }, (_, at) => at), mask };
}

/** The same of a tree: each token sees itself and those that it follows. */
function treeOf(parents: readonly number[]): ReturnType<typeof lineOf> {
  const { length } = parents;
  const depths = new Int32Array(length);
  const mask = new Float32Array(length * length).fill(LOWEST);
  parents.forEach((parent, at) => {
    depths[at] = parent < 0 ? 0 : depths[parent] + 1;
    for (let seen = at; seen >= 0; seen = parents[seen]) mask[at * length + seen] = 0;
  });
  return { depths, mask };
}

function axesOf({ layers }: DecoderConfig): Record<string, readonly (string | null)[]> {
  const axes: Record<string, readonly (string | null)[]> = {
    x: ["B", "S", null],
    fresh: ["B", "S"],
    among: ["S", "S"],
    positions: ["S"],
    wanted: ["W"],
    past: ["B", "P"],
  };
  for (let layer = 0; layer < layers; layer++) {
    axes[`keys ${layer}`] = ["B", null, null, null, "P"];
    axes[`values ${layer}`] = ["B", null, null, "P", null];
  }
  return axes;
}

function traced(
  decoder: Decoder,
  inputs: Readonly<Record<string, Tensor>>,
  finalGain: NdArray | undefined,
): Record<string, Tensor> {
  const { fresh, among, positions, wanted, past } = inputs;
  const { layers, dim } = decoder.config;
  const x = finalGain === undefined ? inputs.x : turned(inputs.x, dim);
  const cache = Array.from({ length: layers }, (_, layer) => {
    return { keys: inputs[`keys ${layer}`], values: inputs[`values ${layer}`] };
  });
  const inFront = (mask: Tensor) => mask.unsqueeze(1).unsqueeze(1).unsqueeze(1); // [B, 1, 1, 1, …]
  const masks = { past: inFront(past), among: among.add(inFront(fresh)) };
  const { hidden, keys, values } = decoder.onward(x, cache, masks, positions);
  const rows = hidden.reshape([mergeDims(hidden.shape.slice(0, 2)), dim]).gather(wanted); // [W, D]
  const plain = finalGain === undefined ? hidden : turned(hidden, dim).mul(constant(finalGain));
  return { hidden: plain, logits: decoder.logits(rows), keys: concat(keys, 0), values: concat(values, 0) };
}
