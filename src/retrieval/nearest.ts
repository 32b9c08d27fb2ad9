/** Which items' vectors have the greatest inner product with a query's: what exact search and indexes have in common. */

/** Vectors by catalogue index: row 0 is padding and is never found. */
export interface VectorTable {
  readonly data: Float32Array; // [N + 1, D]
  readonly dim: number;
}

/** For each query its nearest items, best first. */
export interface Neighbours {
  /** How many each query got: topK, or all items where there are fewer. */
  readonly count: number;
  readonly indices: Int32Array; // [B, count]
  readonly scores: Float32Array; // [B, count]
}

/** A searchable table of item vectors. */
export interface Nearest extends AsyncDisposable {
  /** The topK items of greatest inner product for each of the queries [B, D]. */
  search(queries: Float32Array, topK: number): Promise<Neighbours>;
}
