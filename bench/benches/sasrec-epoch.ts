/**
 * One epoch of SASRec over real Beauty (22,363 users), as `train` takes it: batches made, negatives drawn, steps taken.
 * "ours" is the model's default, with length buckets; "unbucketed" pads every row to 50, as the twin does, which gets
 * those same batches ready made. The first epoch compiles and is not counted. Needs ../shared/data/beauty.
 */
import { access } from "node:fs/promises";
import { resolve } from "node:path";
import { DataError, silent } from "#base";
import { leaveTwoOut, openDataset, prepare } from "#data";
import type { TrainView } from "#recommender";
import { type Arrays, int32, type NdArray } from "#tensor";
import { type Bench, type Setup, type Subject, subject } from "../bench.ts";
import { initialWeights, KEY, peerOptions, sequenceStage, stepOf } from "./sasrec.ts";

const BEAUTY = resolve("../shared/data/beauty");
const PARTS = ["items", "targets", "negatives"] as const;
const COMPARED = 10;

let loaded: Promise<TrainView> | undefined;

/** The training part of leave-two-out. */
function beauty(): Promise<TrainView> {
  loaded ??= load();
  return loaded;
}

async function load(): Promise<TrainView> {
  await access(BEAUTY).catch(() => {
    throw new DataError(
      `bench sasrec-epoch: ${BEAUTY} is not there. Run it from the repository, with ../shared beside it.`,
    );
  });
  const { directory } = await prepare(BEAUTY, {}, silent);
  const { histories, catalogue } = await openDataset(directory);
  return { histories: leaveTwoOut(histories).train, catalogue, shard: { rank: 0, size: 1 } };
}

/** The weights, and the unbucketed batches of the first epoch end to end: [steps, 256, 50]. */
async function arrays(): Promise<Arrays> {
  const data = await beauty();
  const batches: Arrays[] = [];
  for await (const batch of sequenceStage({ bucket: false }).epoch(data, {}, KEY.fold(0))) batches.push(batch);
  const joined: Record<string, NdArray> = {};
  for (const part of PARTS) {
    const [rows, length] = batches[0][part].shape;
    const all = new Int32Array(batches.length * rows * length);
    // Batches are int32 (models/sasrec).
    batches.forEach((batch, at) => {
      all.set(batch[part].data as Int32Array, at * rows * length);
    });
    joined[`batch.${part}`] = int32(all, [batches.length, rows, length]);
  }
  return { ...initialWeights(data), ...joined };
}

/** Epochs as the trainer runs them, each with batches of its own. */
async function epochs(given: Arrays, { runtime }: Setup, bucket: boolean): Promise<Subject> {
  const data = await beauty();
  const stage = sequenceStage({ bucket });
  const step = stepOf(stage, given, data, runtime);
  let taken = 0;
  let positions = 0;
  const take = async (epoch: number) => {
    let total = 0;
    let count = 0;
    positions = 0;
    for await (const batch of stage.epoch(data, {}, KEY.fold(epoch))) {
      taken++;
      count++;
      positions += batch.items.data.length;
      total += (await step.take(batch, KEY.fold("step").fold(taken), taken)).total;
    }
    return total / count;
  };
  const figures = () => ({ sessions: step.compilations, positionsAnEpoch: positions });
  return subject(take, () => step[Symbol.asyncDispose](), figures);
}

/** Single steps over the stored batches, for the comparison of losses. */
async function steps(given: Arrays, { runtime }: Setup): Promise<Subject> {
  const step = stepOf(sequenceStage({ comparing: true, bucket: false }), given, await beauty(), runtime);
  const take = async (index: number) => {
    const batch = Object.fromEntries(PARTS.map((part) => [part, slice(given[`batch.${part}`], index)]));
    return (await step.take(batch, KEY.fold(index), index + 1)).total;
  };
  return subject(take, () => step[Symbol.asyncDispose]());
}

/** The n-th batch of [steps, B, T]. */
function slice({ data, shape: [, rows, length] }: NdArray, at: number): NdArray {
  const size = rows * length;
  return int32((data as Int32Array).slice(at * size, (at + 1) * size), [rows, length]); // joined above, of int32
}

export const sasrecEpoch: Bench = {
  name: "sasrec-epoch",
  unit: "s",
  workload:
    "one epoch of SASRec over Beauty: length 50, width 64, 2 blocks, 2 heads, batch 256, BCE with 1 negative, dropout 0.2",
  arrays,
  ours: (given, setup) => (setup.comparing ? steps(given, setup) : epochs(given, setup, true)),
  others: { unbucketed: (given, setup) => epochs(given, setup, false) },
  peerOptions: (comparing) => ({ ...peerOptions(comparing), single: comparing }),
  compared: COMPARED,
  tolerance: 1e-3,
  warmUp: 1,
  turn: 1,
  turns: 3,
  compiles: false,
};
