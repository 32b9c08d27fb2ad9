/**
 * Exact search over a large table: greatest inner products, without keeping or sorting all scores.
 * In the graph, chunk by chunk: S = Q Xᵀ, and of every block of 32 neighbouring items only the greatest score leaves it.
 * On the host: an item among a query's best k lies in one of the k blocks with the greatest maxima (each block that
 * stands before its own holds an item that stands before it), so k · 32 items are scored again and the best k taken.
 * Ours: a TopK inside the graph costs about as much as the product itself, the maxima a tenth of it (docs/log.md).
 */
import { ShapeError } from "#base";
import { type Compiled, compile, float32, type NdArray, type Runtime, type Tensor } from "#tensor";
import type { Nearest, Neighbours, VectorTable } from "./nearest.ts";
import { type Selection, selectTop, Top } from "./select.ts";

/** Items whose greatest score is kept: larger blocks are fewer maxima to look through, but more items to score again. */
const BLOCK = 32;
/** Most items in one product: its scores for 256 queries take 8 MB and stay in cache. */
const CHUNK = 8192;
/** Most queries in one product. */
const QUERIES = 256;

type Maxima = Compiled<{ queries: NdArray; items: NdArray }, { maxima: Tensor }>;

/** Searches all of `vectors` for every query. Scores are sums in double precision, rounded once. */
export class ExactNearest implements Nearest {
  readonly #items: number;
  readonly #chunks: readonly NdArray[];
  readonly #maxima: Maxima;

  constructor(
    private readonly vectors: VectorTable,
    runtime: Runtime,
  ) {
    const { data, dim } = vectors;
    this.#items = data.length / dim - 1;
    requireTable(data, dim);
    this.#chunks = chunksOf(vectors, this.#items);
    const blocks = this.#chunks[0].shape[0] / BLOCK;
    this.#maxima = compile(
      "nearest",
      ({ queries, items }) => ({
        maxima: queries.matmul(items, { transposeB: true }).reshape(["B", blocks, BLOCK]).max(2), // [B, blocks]
      }),
      { runtime, axes: { queries: ["B", null] } },
    );
  }

  /** Graphs compiled so far. */
  get compilations(): number {
    return this.#maxima.compilations;
  }

  async search(queries: Float32Array, topK: number): Promise<Neighbours> {
    const { dim } = this.vectors;
    if (queries.length % dim !== 0 || queries.includes(Number.NaN)) {
      throw new ShapeError(
        `nearest: expected queries of ${dim} numbers each, got ${counted(queries)}. Queries and items must come from the same model.`,
      );
    }
    const rows = queries.length / dim;
    const count = Math.max(0, Math.min(topK, this.#items));
    const found: Neighbours = {
      count,
      indices: new Int32Array(rows * count),
      scores: new Float32Array(rows * count),
    };
    for (let first = 0; first < rows && count > 0; first += QUERIES) {
      await this.#searchSome(queries.subarray(first * dim, (first + QUERIES) * dim), first, found);
    }
    return found;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#maxima[Symbol.asyncDispose]();
  }

  /** Searches for the at most 256 queries that are rows `first ..` of the answer. */
  async #searchSome(queries: Float32Array, first: number, found: Neighbours): Promise<void> {
    const { dim } = this.vectors;
    const rows = queries.length / dim;
    const blocks = this.#chunks[0].shape[0] / BLOCK;
    const asked = float32(queries, [rows, dim]);
    const best = Array.from({ length: rows }, () => new Top(Math.min(found.count, blocks * this.#chunks.length)));
    for (const [at, items] of this.#chunks.entries()) {
      const maxima = (await this.#maxima.run({ queries: asked, items })).maxima.data as Float32Array; // of float32 scores
      best.forEach((top, row) => {
        top.offer(maxima, row * blocks, (row + 1) * blocks, at * blocks);
      });
    }
    best.forEach((top, row) => {
      const query = queries.subarray(row * dim, (row + 1) * dim);
      const nearest = this.#bestOf(top.sorted().indices.sort(), query, found.count);
      found.indices.set(nearest.indices, (first + row) * found.count);
      found.scores.set(nearest.scores, (first + row) * found.count);
    });
  }

  /** The best items of some blocks, given in rising order so that of equal scores the lower index comes first. */
  #bestOf(blocks: Int32Array, query: Float32Array, count: number): Selection {
    const scores = new Float32Array(blocks.length * BLOCK).fill(-Infinity);
    blocks.forEach((block, at) => {
      const last = Math.min((block + 1) * BLOCK, this.#items); // beyond are copies that filled the last chunk
      for (let item = block * BLOCK; item < last; item++) {
        scores[at * BLOCK + item - block * BLOCK] = innerProduct(query, this.vectors.data, (item + 1) * query.length);
      }
    });
    const best = selectTop(scores, count);
    const indices = best.indices.map((at) => blocks[Math.floor(at / BLOCK)] * BLOCK + (at % BLOCK) + 1);
    return { indices, scores: best.scores };
  }
}

/** Σ query_i · data[offset + i], in four sums so that additions need not wait for each other. */
function innerProduct(query: Float32Array, data: Float32Array, offset: number): number {
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  let at = 0;
  for (; at + 3 < query.length; at += 4) {
    a += query[at] * data[offset + at];
    b += query[at + 1] * data[offset + at + 1];
    c += query[at + 2] * data[offset + at + 2];
    d += query[at + 3] * data[offset + at + 3];
  }
  for (; at < query.length; at++) a += query[at] * data[offset + at];
  return a + b + (c + d);
}

/** The table, without padding, in chunks of one size; the last is filled up with its last item, which adds no maximum. */
function chunksOf({ data, dim }: VectorTable, items: number): NdArray[] {
  const count = Math.ceil(items / CHUNK);
  const rows = Math.ceil(items / count / BLOCK) * BLOCK;
  return Array.from({ length: count }, (_, chunk) => {
    const first = chunk * rows;
    const own = data.subarray((first + 1) * dim, Math.min(first + rows, items) * dim + dim);
    if (own.length === rows * dim) return float32(own, [rows, dim]);
    const filled = new Float32Array(rows * dim);
    const last = data.subarray(items * dim);
    for (let row = 0; row < rows; row++) filled.set(last, row * dim);
    filled.set(own);
    return float32(filled, [rows, dim]);
  });
}

function requireTable(data: Float32Array, dim: number): void {
  const items = data.length / dim - 1;
  if (!Number.isInteger(items) || items < 1 || data.includes(Number.NaN)) {
    throw new ShapeError(
      `nearest: expected vectors of ${dim} numbers for padding and at least one item, got ${counted(data)}. Train the model again if its vectors are damaged.`,
    );
  }
}

function counted(data: Float32Array): string {
  return `${data.length} numbers${data.includes(Number.NaN) ? ", NaN among them" : ""}`;
}
