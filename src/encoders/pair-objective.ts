/**
 * What factor models learn from pairs (user, item they took) and items they did not take.
 *   bpr              mean softplus(s_un - s_up), one uniform negative a pair                     (arXiv 1205.2618)
 *   sampled-softmax  mean log Σ_j exp s_uj - s_up over negatives a batch shares                    (arXiv 2201.02327)
 * with s_ui = ⟨E_u, E_i⟩, or cos(E_u, E_i) / temperature.
 */
import { type Histories, Negatives, type PairBatch, pairBatchCount, pairBatches, sharedNegatives } from "#data";
import { bpr, sampledSoftmax } from "#nn";
import type { Key } from "#random";
import type { NdArray, Tensor } from "#tensor";

/** How pairs are contrasted. */
export interface PairOptions {
  readonly loss: "bpr" | "sampled-softmax";
  /** Negatives that a batch shares (sampled-softmax). */
  readonly negatives: number;
  /** Divides cosines; 0: inner products instead (sampled-softmax). */
  readonly temperature: number;
  readonly batchSize: number;
}

/** What a step is fed. */
export type PairExamples = {
  readonly users: NdArray<Int32Array>; // [B]
  readonly items: NdArray<Int32Array>; // [B]
  readonly negatives: NdArray<Int32Array>; // [B] for bpr, [K] for sampled-softmax
};

/** Batches an epoch has. */
export function pairSteps(histories: Histories, { batchSize }: PairOptions): number {
  return pairBatchCount(histories, batchSize);
}

/** An epoch's pairs with their negatives, pure in the key. */
export function* pairExamples(
  histories: Histories,
  catalogueSize: number,
  options: PairOptions,
  key: Key,
): Generator<PairExamples> {
  let step = 0;
  for (const pairs of pairBatches(histories, options.batchSize, key.fold("pairs"))) {
    const drawn = key.fold("negatives").fold(step++);
    if (options.loss === "bpr") yield { ...pairs, negatives: ownNegatives(histories, catalogueSize, pairs, drawn) };
    else yield { ...pairs, negatives: sharedNegatives(catalogueSize, options.negatives, drawn) };
  }
}

/** Vectors of a batch, and which items they are of. */
export interface PairVectors {
  readonly users: Tensor; // [B, D]
  readonly items: Tensor; // [B, D]
  readonly negatives: Tensor; // [B, D] or [K, D]
}

/** The objective: a loss of shape []. */
export function pairObjective(
  vectors: PairVectors,
  indices: { readonly items: Tensor; readonly negatives: Tensor },
  { loss, temperature }: PairOptions,
  catalogueSize: number,
): Tensor {
  const { users, items, negatives } = vectors;
  if (loss === "bpr") return bpr(users.mul(items).sum(-1), users.mul(negatives).sum(-1));
  const [from, to, others] = scoresCosines({ loss, temperature })
    ? [unit(users).div(temperature), unit(items), unit(negatives)]
    : [users, items, negatives];
  return sampledSoftmax({
    positive: from.mul(to).sum(-1),
    negatives: from.matmul(others, { transposeB: true }), // [B, K]
    targets: indices.items,
    sampled: indices.negatives,
    logQ: -Math.log(catalogueSize),
  });
}

/** Whether scores are cosines. */
export function scoresCosines({ loss, temperature }: Pick<PairOptions, "loss" | "temperature">): boolean {
  return loss === "sampled-softmax" && temperature > 0;
}

const samplers = new WeakMap<Histories, Negatives>();

/** One item a pair that its user did not take. */
function ownNegatives(histories: Histories, catalogueSize: number, { users, items }: PairBatch, key: Key) {
  let sampler = samplers.get(histories); // sorted once a training, not once an epoch
  if (sampler?.catalogueSize !== catalogueSize) {
    sampler = new Negatives(histories, catalogueSize);
    samplers.set(histories, sampler);
  }
  const count = items.data.length;
  const column = { dtype: "int32", shape: [count, 1], data: items.data } as const;
  const drawn = sampler.sample({ targets: column, users: users.data }, key);
  return { dtype: "int32", shape: [count], data: drawn.data } as const;
}

function unit(x: Tensor): Tensor {
  return x.div(x.mul(x).sum(-1, { keepDims: true }).add(1e-12).sqrt());
}
