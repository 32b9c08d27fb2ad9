/**
 * One training step of SASRec: 12,101 items, 50 positions, width 64, 2 blocks, 2 heads, batch 256, one negative, dropout
 * 0.2, Adam over every row of the item table. Timed is `TrainingStep`, which is what `train` runs. No row is padded.
 */
import { Histories } from "#data";
import { Stream } from "#random";
import { type Arrays, int32, type NdArray } from "#tensor";
import { type Bench, type Setup, subject } from "../bench.ts";
import { catalogueOf, initialWeights, KEY, peerOptions, sequenceStage, stepOf } from "./sasrec.ts";

const ITEMS = 12_101;
const BATCHES = 8;
const ROWS = 256;
const LENGTH = 50;
const PARTS = ["items", "targets", "negatives"] as const;

const data = { histories: Histories.from([]), catalogue: catalogueOf(ITEMS), shard: { rank: 0, size: 1 } };

async function arrays(): Promise<Arrays> {
  const batches: Record<string, NdArray> = {};
  for (const part of PARTS) {
    const stream = new Stream(KEY.fold(part));
    const indices = Int32Array.from({ length: BATCHES * ROWS * LENGTH }, () => 1 + stream.below(ITEMS));
    batches[`batch.${part}`] = int32(indices, [BATCHES, ROWS, LENGTH]);
  }
  return { ...initialWeights(data), ...batches };
}

async function ours(given: Arrays, { runtime, comparing }: Setup) {
  const step = stepOf(sequenceStage({ comparing }), given, data, runtime);
  const size = ROWS * LENGTH;
  const batches = Array.from({ length: BATCHES }, (_, at) =>
    Object.fromEntries(
      // The arrays were made above, of int32.
      PARTS.map((part) => [
        part,
        int32((given[`batch.${part}`].data as Int32Array).slice(at * size, (at + 1) * size), [ROWS, LENGTH]),
      ]),
    ),
  );
  let firstStep = 0;
  const take = async (index: number) => {
    const start = performance.now();
    const { total } = await step.take(batches[index % BATCHES], KEY.fold(index), index + 1);
    if (index === 0) firstStep = (performance.now() - start) / 1000;
    return total;
  };
  // The first step traces, differentiates and compiles.
  return subject(
    take,
    () => step[Symbol.asyncDispose](),
    () => ({ firstStepSeconds: firstStep, sessions: step.compilations }),
  );
}

export const sasrecStep: Bench = {
  name: "sasrec-step",
  unit: "ms/step",
  workload:
    "SASRec: 12,101 items, length 50, width 64, 2 blocks, 2 heads, batch 256, BCE with 1 negative, dropout 0.2, dense Adam",
  arrays,
  ours,
  peerOptions,
  compared: 10,
  tolerance: 1e-3,
  warmUp: 3,
  turn: 6,
  turns: 7,
  compiles: true,
};
