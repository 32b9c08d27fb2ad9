/**
 * A ranker whose state is a vector: every item's score is the inner product of its vector with that of the profile.
 * The product of a batch of states with all items runs in ONNX Runtime.
 */
import { compile, float32, type Runtime } from "#tensor";
import type { ItemVectors, Profile, Ranker } from "./contract.ts";
import type { Exported } from "./exported.ts";

export interface VectorRankerOptions {
  /** What its expert is called. */
  readonly name: string;
  readonly items: ItemVectors;
  /** The profile's vector: [D]. */
  readonly vectorOf: (profile: Profile) => Float32Array;
  /** The model for the world outside. */
  readonly export: () => Exported;
  readonly runtime: Runtime;
}

/** Ranks by inner products. */
export function vectorRanker({
  name,
  items,
  vectorOf,
  export: exported,
  runtime,
}: VectorRankerOptions): Ranker<Float32Array> {
  const { data, dim } = items;
  const table = float32(data, [data.length / dim, dim]);
  const scorer = compile(
    `${name}.score`,
    ({ states, against }) => ({ scores: states.matmul(against, { transposeB: true }) }),
    { runtime, axes: { states: ["B", null], against: ["N", null] } },
  );
  return {
    encode: async (profiles) => profiles.map(vectorOf),
    score: async (states, chosen) => {
      const queries = joined(states, dim);
      const against = chosen === undefined ? table : rowsOf(items, chosen);
      const { scores } = await scorer.run({ states: float32(queries, [states.length, dim]), against });
      return { [name]: scores.data as Float32Array }; // a product of float32 matrices
    },
    products: { queries: (states) => joined(states, dim), table: async () => items },
    vectors: async () => items,
    export: exported,
    [Symbol.asyncDispose]: () => scorer[Symbol.asyncDispose](),
  };
}

/** States one below the other: [B, D]. */
function joined(states: readonly Float32Array[], dim: number): Float32Array {
  const rows = new Float32Array(states.length * dim);
  states.forEach((state, row) => {
    rows.set(state, row * dim);
  });
  return rows;
}

function rowsOf({ data, dim }: ItemVectors, items: Int32Array) {
  const rows = new Float32Array(items.length * dim);
  items.forEach((item, at) => {
    rows.set(data.subarray(item * dim, (item + 1) * dim), at * dim);
  });
  return float32(rows, [items.length, dim]);
}
