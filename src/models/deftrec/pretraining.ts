/** The tokenizer's stage before the joint one: masked vectors in, whole vectors out. */
import { adam, chain, clipGlobalNorm, freeze, warmupCosine } from "#optim";
import { type Key, shuffled } from "#random";
import type { Learned } from "#recommender";
import { int32, type NdArray } from "#tensor";
import { rowsOf } from "./batches.ts";
import type { DeftRecConfig } from "./config.ts";
import { sideOf, spaceOf, startOf } from "./generator.ts";
import { DeftRecNetwork } from "./network.ts";

const ROWS = 512;

type PretrainingBatch = {
  readonly items: NdArray<Int32Array>; // [B], 0 where the last batch has none left
  readonly text?: NdArray<Float32Array>; // [B, F]
};

export function pretrainingStage(options: DeftRecConfig): Learned<DeftRecNetwork, PretrainingBatch> {
  return {
    kind: "learned",
    name: "tokenizer",
    epochs: options.pretrainEpochs,
    patience: 1,
    validateEvery: 1,
    stop: "never",
    init: (weights, { catalogue }, earlier) =>
      new DeftRecNetwork(weights.starting(startOf(earlier.vectors)), options, spaceOf(earlier, catalogue.size)),
    steps: ({ catalogue }) => Math.ceil(catalogue.size / ROWS),
    *epoch({ catalogue }, earlier, key) {
      const { text } = sideOf(earlier, catalogue.size);
      for (const items of batches(catalogue.size, key)) {
        yield { items: int32(items, [ROWS]), ...(text && { text: rowsOf(text, items) }) };
      }
    },
    loss: (network, batch, key) => network.reconstructionLoss(batch, key),
    optimizer: (totalSteps) =>
      chain(
        freeze((address) => !address.startsWith("tokenizer.")),
        clipGlobalNorm(1),
        adam({ rate: warmupCosine({ peak: 1e-3, warmup: 0.05, totalSteps }) }),
      ),
  };
}

function* batches(items: number, key: Key): Generator<Int32Array> {
  const order = shuffled(key, items);
  for (let from = 0; from < items; from += ROWS) {
    const batch = new Int32Array(ROWS);
    order.slice(from, from + ROWS).forEach((at, row) => {
      batch[row] = at + 1;
    });
    yield batch;
  }
}
