/**
 * What a joint step is fed. Every item of a step is worked on once (its vector, its tokens): `unique` lists them, and
 * histories, targets and negatives are places in that list. Rows are filled on the left, so that the newest item stands last.
 */
import { Batches, type BatchOptions, batchCount, type Histories, sharedNegatives } from "#data";
import { type Key, Stream } from "#random";
import { float32, int32, type NdArray } from "#tensor";
import type { DeftRecConfig } from "./config.ts";
import type { TrainingLanguage } from "./language.ts";

export type JointBatch = {
  readonly unique: NdArray<Int32Array>; // [U], 0 first: the padding item
  readonly text?: NdArray<Float32Array>; // [U, F], their texts' vectors
  readonly items: NdArray<Int32Array>; // [B, T], places in `unique`
  readonly targets: NdArray<Int32Array>; // [B, T], places in `unique`; 0: no loss here
  readonly negatives: NdArray<Int32Array>; // [M], places in `unique`
  readonly weights: NdArray<Float32Array>; // [B, T]: what a position counts, 0 where it has no target
  readonly steps: NdArray<Int32Array>; // [B, T]: step of the diffusion chain
  readonly kept: NdArray<Float32Array>; // [B, T, 1]: 0 where the condition is replaced by null
  readonly language?: NdArray<Float32Array>; // [B, T, L]: what a frozen language model makes of the history up to each item
  readonly groups: NdArray<Int32Array>; // [B, T]: the target's group, the first word of the response
  readonly pairs?: NdArray<Int32Array>; // [B, T, M], items: wrong ones of each position's own; where the pair loss counts
};

/** What is known of items beside who took them. */
export interface ItemSide {
  /** Each item's group, [N + 1]. */
  readonly groupOf: Int32Array;
  /** Vectors of the items' texts, [N + 1, F]; absent where there are none. */
  readonly text?: NdArray<Float32Array>;
}

/** The part of a position's weight that distance can take goes by half with each item. */
const HALVING = 0.5;

export function jointBatching({ maxLength, positions }: DeftRecConfig): BatchOptions {
  const batchSize = Math.max(1, Math.floor(positions / maxLength));
  return { maxLength, windows: "cut", batchSize, padding: "left", mostLengths: 8, growShort: true };
}

export function jointSteps(histories: Histories, options: DeftRecConfig): number {
  const once = batchCount(histories, jointBatching(options));
  return once * passes(once, options);
}

/** How often an epoch goes over the histories. */
function passes(once: number, { leastSteps }: DeftRecConfig): number {
  return Math.max(1, Math.ceil(leastSteps / Math.max(1, once)));
}

/** One epoch. */
export function* jointEpoch(
  histories: Histories,
  side: ItemSide,
  options: DeftRecConfig,
  key: Key,
  language?: TrainingLanguage,
): Generator<JointBatch> {
  const times = passes(batchCount(histories, jointBatching(options)), options);
  for (let pass = 0; pass < times; pass++) {
    yield* onePass(histories, side, options, pass === 0 ? key : key.fold("pass").fold(pass), language);
  }
}

function* onePass(
  histories: Histories,
  { groupOf, text }: ItemSide,
  options: DeftRecConfig,
  key: Key,
  language?: TrainingLanguage,
): Generator<JointBatch> {
  const items = groupOf.length - 1;
  let at = 0;
  for (const batch of Batches.of(histories, jointBatching(options), key)) {
    const own = key.fold("joint").fold(at++);
    const [rows, length] = batch.items.shape;
    const negatives = sharedNegatives(items, options.negatives, own.fold("negatives"));
    const list = new UniqueList(1 + rows * (length + 1) + negatives.data.length);
    const shape = [rows, length];
    const history = int32(batch.items.data.map(list.placeOf), shape);
    const targets = int32(batch.targets.data.map(list.placeOf), shape);
    const contrast = int32(negatives.data.map(list.placeOf), negatives.shape);
    const unique = list.array();
    yield {
      unique,
      ...(text && { text: rowsOf(text, unique.data) }),
      ...(language && { language: language.rows(batch) }),
      items: history,
      targets,
      negatives: contrast,
      weights: tailWeights(batch.targets.data, batch.after, rows, length, options.tail),
      steps: int32(drawSteps(rows * length, options, own.fold("steps")), shape),
      kept: float32(drawKept(rows * length, options.nullShare, own.fold("null")), [rows, length, 1]),
      groups: int32(
        batch.targets.data.map((item) => groupOf[item]),
        shape,
      ),
      ...(options.pairWeight > 0 && { pairs: wrongItems(batch.targets, items, options, own.fold("pairs")) }),
    };
  }
}

/** The rows of a table [N + 1, F] that `indices` [n] name: [n, F]. */
export function rowsOf({ data, shape }: NdArray<Float32Array>, indices: Int32Array): NdArray<Float32Array> {
  const width = shape[1];
  const rows = new Float32Array(indices.length * width);
  indices.forEach((index, at) => {
    rows.set(data.subarray(index * width, (index + 1) * width), at * width);
  });
  return float32(rows, [indices.length, width]);
}

/** Items in the order they were first met, 0 (padding) before all. */
class UniqueList {
  readonly #places = new Map<number, number>([[0, 0]]);

  constructor(private readonly length: number) {}

  readonly placeOf = (item: number): number => {
    const known = this.#places.get(item);
    if (known !== undefined) return known;
    const place = this.#places.size;
    this.#places.set(item, place);
    return place;
  };

  /** Filled up with padding to the length that every step of this shape has. */
  array(): NdArray<Int32Array> {
    const data = new Int32Array(this.length);
    let at = 0;
    for (const item of this.#places.keys()) data[at++] = item;
    return int32(data, [this.length]);
  }
}

/** tail + (1 − tail) · ½^distance from the history's newest item: training then looks like answering. */
function tailWeights(targets: Int32Array, after: Float64Array, rows: number, length: number, tail: number) {
  const weights = new Float32Array(targets.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < length; column++) {
      const at = row * length + column;
      if (targets[at] !== 0) weights[at] = tail + (1 - tail) * HALVING ** (after[row] + length - 1 - column);
    }
  }
  return float32(weights, [rows, length]);
}

function drawSteps(count: number, { generator, steps, lateShare }: DeftRecConfig, key: Key): Int32Array {
  if (generator === "one-step") return new Int32Array(count).fill(steps - 1);
  const stream = new Stream(key);
  return Int32Array.from({ length: count }, () => {
    const late = stream.uniform() < lateShare;
    const share = late ? 1 - 0.1 * stream.uniform() : stream.uniform();
    return Math.min(steps - 1, Math.floor(share * steps));
  });
}

/** For each position `pairNegatives` items that are not its target, each of them as likely. */
function wrongItems(targets: NdArray<Int32Array>, items: number, { pairNegatives }: DeftRecConfig, key: Key) {
  const stream = new Stream(key);
  const drawn = new Int32Array(targets.data.length * pairNegatives);
  for (let at = 0; at < drawn.length; at++) {
    const target = targets.data[Math.floor(at / pairNegatives)];
    const other = 1 + Math.floor(stream.uniform() * (items - 1));
    drawn[at] = target > 0 && other >= target ? other + 1 : other;
  }
  return int32(drawn, [...targets.shape, pairNegatives]);
}

function drawKept(count: number, nullShare: number, key: Key): Float32Array {
  const stream = new Stream(key);
  return Float32Array.from({ length: count }, () => Number(stream.uniform() >= nullShare));
}
