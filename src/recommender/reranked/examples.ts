/**
 * What a re-ranker learns from: of each training history the last items as targets, and the candidates that a base which has
 * not seen them proposes after what stands before each. Users whose target is no candidate teach nothing about order and are left out.
 */
import { InterruptedError } from "#base";
import { type Histories, inFold } from "#data";
import { type Key, shuffled } from "#random";
import { float32, int32, type NdArray } from "#tensor";
import type { Context, Ranker } from "../contract.ts";
import { type CandidateOptions, type Candidates, candidatesOf, MOST_REPEATS } from "./candidates.ts";
import { Hearing, heardAtOnce } from "./hearing.ts";
import type { Measured } from "./network.ts";
import type { InnerFit } from "./withheld.ts";

/** A mask value under which a share is 0. */
const ABSENT = -1e9;

export type ListBatch = {
  readonly features: NdArray<Float32Array>; // [B, C, F]
  readonly mask: NdArray<Float32Array>; // [B, C]
  /** 1 where a candidate was taken before. */
  readonly again: NdArray<Float32Array>; // [B, C]
  /** 0, or very low where a candidate is not of the target's kind: new, or taken before. */
  readonly kind: NdArray<Float32Array>; // [B, C]
  readonly targets: NdArray<Int32Array>; // [B]
};

export interface List {
  readonly features: Float32Array; // [C, F]
  readonly target: number;
  /** Candidates that are new; those taken before follow. */
  readonly fresh: number;
}

export interface Examples {
  readonly lists: readonly List[];
  /** C, candidates of the longest list. */
  readonly width: number;
  readonly measured: Measured;
}

/** Asks a base about the last items of a fold's histories, which it has not seen, each after all that stands before it. */
export async function listsOf(
  ranker: Ranker,
  histories: Histories,
  { fold, withheld }: InnerFit,
  options: CandidateOptions,
  key: Key,
  { emit, signal }: Context,
): Promise<List[]> {
  const users = [...histories.starts.keys()].filter((user) => inFold(user, fold));
  const questions = users.flatMap((user) => questionsOf(histories.of(user), withheld));
  const lists: List[] = [];
  const step = askedAtOnce(ranker, options);
  for (let from = 0; from < questions.length; from += step) {
    if (signal?.aborted) throw new InterruptedError();
    const some = questions.slice(from, from + step);
    const asked = some.map((items) => items.slice(0, -1));
    const found = await candidatesFor(ranker, await readTwice(ranker, asked, key), options);
    found.forEach(({ items, features, fresh }, row) => {
      const target = items.indexOf(some[row][some[row].length - 1]);
      if (target >= 0) lists.push({ features, target, fresh });
    });
    emit({
      type: "progress",
      what: "candidates",
      done: Math.min(from + step, questions.length),
      of: questions.length,
    });
  }
  return lists;
}

/** Beginnings of a history that end in a target: the whole, then one item less each time, as long as two are left. */
function questionsOf(items: Int32Array, count: number): Int32Array[] {
  const longest = Math.min(count, items.length - 1);
  return Array.from({ length: Math.max(0, longest) }, (_, less) => items.subarray(0, items.length - less));
}

/** What nets learn from: lists of so many candidates beside the history's own, each of so many features. */
export function examplesOf(lists: readonly List[], candidates: number, features: number): Examples {
  return { lists, width: candidates + MOST_REPEATS, measured: measure(lists, features) };
}

/** How many are asked at once: about the whole history and about its newest item. */
export function askedAtOnce(ranker: Ranker, { statistics, kinds }: CandidateOptions): number {
  return heardAtOnce(ranker, Object.keys(kinds), statistics.trend.length, 2);
}

/** Someone as the base read them: by the whole history, and by its newest item alone. */
export interface Asked {
  readonly history: Int32Array;
  readonly whole: unknown;
  readonly last: unknown;
}

/** Reads histories for `candidatesFor`. */
export async function readTwice(ranker: Ranker, histories: readonly Int32Array[], key: Key): Promise<Asked[]> {
  const encode = (profiles: readonly Int32Array[]) =>
    ranker.encode(
      profiles.map((history) => ({ history })),
      key,
    );
  const whole = await encode(histories);
  const last = await encode(histories.map((history) => history.slice(-1)));
  return histories.map((history, row) => ({ history, whole: whole[row], last: last[row] }));
}

/** Candidates of everyone asked, by what the base says of the whole history and of its newest item. */
export async function candidatesFor(
  ranker: Ranker,
  asked: readonly Asked[],
  options: CandidateOptions,
): Promise<Candidates[]> {
  const { kinds, brief = [], statistics } = options;
  const names = Object.keys(kinds);
  const wordy = names.filter((name) => !brief.includes(name));
  const columns = statistics.trend.length;
  const whole = await new Hearing(ranker, names, columns).of(asked.map((one) => one.whole));
  const last = await new Hearing(ranker, wordy, columns).of(asked.map((one) => one.last));
  return asked.map(({ history }, row) => candidatesOf(history, whole(row), last(row), options));
}

/** One epoch's batches of `size` lists; the last is filled up with lists from the beginning. */
export function* listBatches({ lists, width, measured }: Examples, size: number, key: Key): Generator<ListBatch> {
  const order = shuffled(key, lists.length);
  for (let from = 0; from < order.length; from += size) {
    const some = Array.from({ length: size }, (_, at) => lists[order[(from + at) % order.length]]);
    yield {
      ...packed(some, width, measured.mean.length),
      kind: float32(kindMask(some, width), [size, width]),
      targets: int32(
        Int32Array.from(some, ({ target }) => target),
        [size],
      ),
    };
  }
}

function kindMask(lists: readonly List[], width: number): Float32Array {
  const mask = new Float32Array(lists.length * width).fill(ABSENT);
  lists.forEach(({ target, fresh }, row) => {
    const [from, to] = target < fresh ? [0, fresh] : [fresh, width];
    mask.fill(0, row * width + from, row * width + to);
  });
  return mask;
}

/** Lists side by side, filled up to `width` candidates. */
export function packed(lists: readonly Pick<List, "features" | "fresh">[], width: number, features: number) {
  const data = new Float32Array(lists.length * width * features);
  const mask = new Float32Array(lists.length * width).fill(ABSENT);
  const again = new Float32Array(lists.length * width);
  lists.forEach((list, row) => {
    const [from, to] = [row * width, row * width + list.features.length / features];
    data.set(list.features, from * features);
    mask.fill(0, from, to);
    again.fill(1, from + list.fresh, to);
  });
  const shape = [lists.length, width];
  return { features: float32(data, [...shape, features]), mask: float32(mask, shape), again: float32(again, shape) };
}

function measure(lists: readonly { readonly features: Float32Array }[], width: number): Measured {
  const [sum, squares] = [new Float64Array(width), new Float64Array(width)];
  let count = 0;
  for (const { features } of lists) {
    for (let at = 0; at < features.length; at++) {
      sum[at % width] += features[at];
      squares[at % width] += features[at] ** 2;
    }
    count += features.length / width;
  }
  const mean = Float32Array.from(sum, (value) => value / Math.max(1, count));
  const deviation = Float32Array.from(squares, (value, at) =>
    Math.sqrt(Math.max(0, value / Math.max(1, count) - mean[at] ** 2)),
  );
  return { mean, deviation: deviation.map((value) => value + 1e-3) };
}
