/** A trained network at work: histories in, states out; states against all items' vectors, scores out. */
import { Weights } from "#nn";
import { type Arrays, compile, float32, int32, type NdArray, portable, type Tensor } from "#tensor";
import type { Context, Profile, Ranker } from "../contract.ts";
import { HISTORY_INPUTS } from "../exported.ts";
import type { SequenceNetwork } from "./network.ts";
import type { SequenceOptions } from "./options.ts";

/**
 * Profiles read at once, of like length: padding is computed as dearly as items are. 6,000 histories of a marketplace took
 * 2.1 s in batches of 256 as they came, 1.5 s sorted, 0.8 s in 128s, 0.5 s in 64s and 0.6 s in 32s.
 */
const MOST_AT_ONCE = 64;

/** Opens what `sequenceStage` left; `model` names its scores and its graphs. */
export async function openSequence(
  model: string,
  options: SequenceOptions,
  arrays: Arrays,
  make: (weights: Weights) => SequenceNetwork,
  { runtime }: Context,
): Promise<Ranker<Float32Array>> {
  const weights = Weights.read(arrays);
  const network = make(weights);
  const parameters = weights.arrays;
  const encode = ({ items, positions, last }: Readonly<Record<string, Tensor>>) => ({
    states: network.query(items, positions, last),
  });
  const product = (states: Tensor, items: Tensor) => states.matmul(items, { transposeB: true });
  const axes = { items: ["B", "T"], positions: ["T"], last: ["B"] };
  const encoder = compile(`${model}.encode`, encode, { runtime, parameters, axes });
  const vectors = compile(`${model}.table`, () => ({ table: network.table() }), { runtime, parameters });
  const { table } = await vectors.run({});
  await vectors[Symbol.asyncDispose]();
  const scorer = compile(`${model}.score`, ({ states, items }) => ({ scores: product(states, items) }), {
    runtime,
    axes: { states: ["B", null], items: ["N", null] },
  });
  // What leaves the house: both halves in one graph, out of the same tracing code.
  const scores = (inputs: Readonly<Record<string, Tensor>>) => ({
    [model]: product(encode(inputs).states, network.table()),
  });
  // The network's table is float32 [N + 1, D].
  const itemVectors = { data: table.data as Float32Array, dim: options.dim };
  return {
    encode: async (profiles) => {
      const states = new Array<Float32Array>(profiles.length);
      const lengthOf = (at: number) => profiles[at].history.length;
      const byLength = [...profiles.keys()].sort((a, b) => lengthOf(a) - lengthOf(b));
      for (let from = 0; from < byLength.length; from += MOST_AT_ONCE) {
        const some = byLength.slice(from, from + MOST_AT_ONCE);
        const batch = some.map((at) => profiles[at]);
        const { states: encoded } = await encoder.run(padded(batch, options.maxLength));
        some.forEach((at, row) => {
          states[at] = rowOf(encoded, row, options.dim);
        });
      }
      return states;
    },
    score: async (states, items) => {
      const queries = joined(states, options.dim);
      const against = items === undefined ? table : chosenRows(itemVectors, items);
      const { scores } = await scorer.run({ states: float32(queries, [states.length, options.dim]), items: against });
      return { [model]: scores.data as Float32Array }; // a product of float32 matrices
    },
    products: { queries: (states) => joined(states, options.dim), table: async () => itemVectors },
    vectors: async () => itemVectors,
    export: () => ({
      arrays,
      formula: [
        `graph: scores of all items, ${model} [B, N + 1], for the histories that its inputs describe`,
        "weights: items.weight holds the item vectors, row 0 padding; the other names are addresses in the network",
      ],
      graph: { ...portable(model, scores, HISTORY_INPUTS, parameters), maxLength: options.maxLength },
    }),
    [Symbol.asyncDispose]: async () => {
      await encoder[Symbol.asyncDispose]();
      await scorer[Symbol.asyncDispose]();
    },
  };
}

/** Rows padded on the right to the longest of these; `last` is each one's newest position in the flattened rows. */
function padded(profiles: readonly Profile[], maxLength: number) {
  const recent = profiles.map(({ history }) => history.slice(-maxLength));
  const length = Math.max(1, ...recent.map((history) => history.length));
  const items = new Int32Array(profiles.length * length);
  const last = new Int32Array(profiles.length);
  recent.forEach((history, row) => {
    items.set(history, row * length);
    last[row] = row * length + Math.max(0, history.length - 1);
  });
  return {
    items: int32(items, [profiles.length, length]),
    positions: int32(
      Int32Array.from({ length }, (_, at) => at),
      [length],
    ),
    last: int32(last, [profiles.length]),
  };
}

function rowOf(array: NdArray, row: number, width: number): Float32Array {
  // States are float32; a copy, because a caller may keep one row long after the batch.
  return (array.data as Float32Array).slice(row * width, (row + 1) * width);
}

/** States one below the other: [B, D]. */
function joined(states: readonly Float32Array[], dim: number): Float32Array {
  const rows = new Float32Array(states.length * dim);
  states.forEach((state, row) => {
    rows.set(state, row * dim);
  });
  return rows;
}

function chosenRows({ data, dim }: { data: Float32Array; dim: number }, items: Int32Array): NdArray {
  const rows = new Float32Array(items.length * dim);
  items.forEach((item, at) => {
    rows.set(data.subarray(item * dim, (item + 1) * dim), at * dim);
  });
  return float32(rows, [items.length, dim]);
}
