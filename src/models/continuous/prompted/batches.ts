/**
 * A joint step's histories as prompts: each row's main text, the queries of its positions behind it, and the response of the
 * newest one, with who sees whom and who stands where. Rows of a shape are filled up at the right with places nobody sees.
 */
import { type Histories, windowsOf } from "#data";
import { labelledRows, UNLABELLED } from "#llm";
import { LOWEST } from "#nn";
import type { Key } from "#random";
import { Stream } from "#random";
import { float32, int32, type NdArray } from "#tensor";
import { type ItemSide, type JointBatch, jointEpoch } from "../batches.ts";
import type { DeftRecConfig } from "../config.ts";
import { CLOSE, OPEN, type Prompts, TOKEN } from "./prompt.ts";
import type { Reasoned } from "./reasoning.ts";

/** One of 0 .. ways - 1. */
type Choose = (ways: number) => number;

/** Rows of what is gathered into the places of a prompt that are no words: nothing, the marks, the queries, then tokens. */
export const NOTHING = 0;
export const MARKS = { [OPEN]: 1, [CLOSE]: 2 } as const;
export const QUERIES = 3;

export type PromptBatch = JointBatch & {
  readonly words: NdArray<Float32Array>; // [B, L, D_L], 0 where no word stands
  readonly places: NdArray<Int32Array>; // [B, L], what is gathered there
  readonly sees: NdArray<Float32Array>; // [B, 1, L, L], additive
  readonly positions: NdArray<Int32Array>; // [B, L]
  readonly asked: NdArray<Int32Array>; // [B · T · P], where the queries stand in [B · L]
  readonly labelRows: NdArray; // [R] of [B · L]
  readonly labelTargets: NdArray; // [R]
  readonly labelWeights: NdArray; // [R]
};

/** What prompts of a stage are made with. */
export interface PromptSource {
  readonly prompts: Prompts;
  /** Vectors of token ids [n] → [n, D_L]. */
  readonly embed: (ids: readonly number[]) => Float32Array;
  readonly width: number;
  /** Each item's group in words, by the group's number. */
  readonly groupNames: readonly string[];
  /** The token that ends a response. */
  readonly end: number;
  /** Places of a row whose window has at most so many positions. */
  readonly lengths: readonly number[];
  /** What stands before [PREF], where it is not the history alone. */
  readonly reasoned?: Reasoned;
}

/** Tokens of a response at most. */
const RESPONSE_TOKENS = 32;
/** Lengths of rows are multiples of this. */
const STEP = 8;

/** Places that rows need, by the positions of their window: [maxLength + 1]. */
export function rowLengths(
  histories: Histories,
  prompts: Prompts,
  groupNames: readonly string[],
  options: DeftRecConfig,
): number[] {
  const { maxLength, queries, reasoning, reasoningTargets } = options;
  const { count, ends, widths } = windowsOf(histories, maxLength, "cut");
  const most = new Array<number>(maxLength + 1).fill(0);
  for (let window = 0; window < count; window++) {
    const [last, width] = [ends[window], widths[window]];
    let length = 0;
    for (let at = last - width; at < last; at++) length += prompts.line(histories.items[at]).length;
    most[width] = Math.max(most[width], length);
  }
  let [around, tail] = [0, 0];
  for (let question = 0; question < prompts.questions; question++) {
    around = Math.max(around, prompts.head(question).length + prompts.tail(question).length);
    tail = Math.max(tail, prompts.tail(question).length);
  }
  const before = reasoning === "none" ? 0 : tail + prompts.mostReasoned(groupNames);
  let longest = 0;
  return most.map((length, width) => {
    longest = Math.max(longest, length);
    const asked = reasoning === "none" ? width : Math.min(width, reasoningTargets);
    return Math.ceil((longest + around + asked * (before + queries) + RESPONSE_TOKENS) / STEP) * STEP;
  });
}

/** One epoch. */
export function* promptEpoch(
  histories: Histories,
  side: ItemSide,
  options: DeftRecConfig,
  key: Key,
  source: PromptSource,
): Generator<PromptBatch> {
  let at = 0;
  for (const batch of jointEpoch(histories, side, options, key)) {
    const stream = new Stream(key.fold("questions").fold(at++));
    yield { ...batch, ...promptArrays(batch, options, source, (ways) => stream.below(ways)) };
  }
}

/** A step's prompts; `choose` says which of so many ways each row is asked, and answered, in. */
export function promptArrays(batch: JointBatch, options: DeftRecConfig, source: PromptSource, choose: Choose) {
  const [rows, count] = batch.items.shape;
  const length = source.lengths[count];
  const { width } = source;
  const words = new Float32Array(rows * length * width);
  const places = new Int32Array(rows * length);
  const sees = new Float32Array(rows * length * length).fill(LOWEST);
  const positions = new Int32Array(rows * length);
  const asked = new Int32Array(rows * count * options.queries);
  const [targets, weights] = [batch.targets.data.slice(), batch.weights.data.slice()];
  const labels: number[][] = [];
  for (let row = 0; row < rows; row++) {
    const written = writeRow(batch, row, options, source, choose);
    written.asked.forEach((at, query) => {
      asked[row * count * options.queries + query] = row * length + Math.max(0, at);
      if (at >= 0) return;
      const position = row * count + Math.floor(query / options.queries);
      [targets[position], weights[position]] = [0, 0]; // nobody asks here
    });
    labels.push(written.labels);
    written.row.ids.forEach((id, at) => {
      if (id >= 0) words.set(source.embed([id]), (row * length + at) * width);
    });
    places.set(written.row.places, row * length);
    positions.set(written.row.positions, row * length);
    written.row.mask(sees, row * length * length);
  }
  const labelled = labelledRows(labels, rows * RESPONSE_TOKENS);
  return {
    targets: int32(targets, batch.targets.shape),
    weights: float32(weights, batch.weights.shape),
    words: float32(words, [rows, length, width]),
    places: int32(places, [rows, length]),
    sees: float32(sees, [rows, 1, length, length]),
    positions: int32(positions, [rows, length]),
    asked: int32(asked, [asked.length]),
    labelRows: labelled.rows,
    labelTargets: labelled.targets,
    labelWeights: labelled.weights,
  };
}

/** One row: question and lines, each position's queries, the newest one's response. `asked` is -1 where nothing is. */
function writeRow(batch: JointBatch, at: number, options: DeftRecConfig, source: PromptSource, choose: Choose) {
  const { queries, ways } = options;
  const [, count] = batch.items.shape;
  const { prompts } = source;
  const question = choose(prompts.questions);
  const row = new Row(source.lengths[count]);
  row.text(prompts.head(question));
  const ends = Array.from(batch.items.data.subarray(at * count, (at + 1) * count), (place) => {
    if (place === 0) return -1;
    for (const id of prompts.line(batch.unique.data[place])) {
      if (id >= 0) row.text([id]);
      else if (id > TOKEN)
        row.gathered(MARKS[id as keyof typeof MARKS]); // as: OPEN or CLOSE
      else row.gathered(QUERIES + queries + place * ways + (TOKEN - id));
    }
    return row.length;
  });
  const main = row.length;
  const firstAsked = options.reasoning === "none" ? 0 : count - options.reasoningTargets;
  const asked = ends.flatMap((end, position) => {
    const first = row.length;
    if (end < 0 || position < firstAsked) return new Array<number>(queries).fill(-1);
    const place = at * count + position;
    const reasoned = reasonedAt(batch, place, position, source);
    const before = reasoned === undefined ? [] : [...prompts.tail(question), ...reasoned];
    before.forEach((id, further) => {
      row.behind(NOTHING, { sees: [end, first], position: end + further, id });
    });
    return Array.from({ length: queries }, (_, query) => {
      row.behind(QUERIES + query, { sees: [end, first], position: end + before.length + query });
      return row.length - 1;
    });
  });
  const labels = new Array<number>(source.lengths[count]).fill(UNLABELLED);
  const [target, group] = [batch.targets, batch.groups].map(({ data }) => data[(at + 1) * count - 1]);
  if (options.languageModelWeight > 0 && target > 0 && ends[count - 1] >= 0) {
    const name = source.groupNames[group] ?? "";
    const response = prompts.response(batch.unique.data[target], name, choose(prompts.phrasings));
    const asks = options.reasoning === "none" ? queries : 0; // queries that a response is written behind
    writeResponse(row, labels, { tail: prompts.tail(question), response, end: source.end, main, asks });
  }
  return { row, asked, labels };
}

interface Answer {
  readonly tail: readonly number[];
  readonly response: readonly number[];
  readonly end: number;
  /** Places of the main text, and of the queries that stand between it and the response. */
  readonly main: number;
  readonly asks: number;
}

/** What the language model learns to say. */
function writeResponse(row: Row, labels: number[], { tail, response, end, main, asks }: Answer): void {
  const first = row.length - asks;
  const said = [...response.slice(0, RESPONSE_TOKENS - 1), end];
  [...tail, ...said].forEach((id, further) => {
    if (further >= tail.length) labels[row.length] = id;
    row.behind(NOTHING, { sees: [main, first], position: main + asks + further, id });
  });
}

/** The response that stands before the queries of a position, the `position`-th of its row; undefined where none does. */
function reasonedAt(
  { unique, items, targets, groups }: JointBatch,
  place: number,
  position: number,
  source: PromptSource,
) {
  const history = items.data.subarray(place - position, place + 1).filter((item) => item > 0);
  const known = history.map((item) => unique.data[item]);
  return source.reasoned?.(known, unique.data[targets.data[place]], groups.data[place]);
}

/** One row while it is written. */
class Row {
  readonly ids: Int32Array;
  readonly places: Int32Array;
  readonly positions: Int32Array;
  readonly #seen: { readonly main: number; readonly own: number }[] = [];

  constructor(private readonly room: number) {
    this.ids = new Int32Array(room).fill(-1);
    this.places = new Int32Array(room);
    this.positions = new Int32Array(room);
  }

  get length(): number {
    return this.#seen.length;
  }

  /** Words of the main text. */
  text(ids: readonly number[]): void {
    for (const id of ids) {
      this.ids[this.length] = id;
      this.gathered(NOTHING);
    }
  }

  /** A place of the main text that sees all before it. */
  gathered(place: number): void {
    const at = this.length;
    this.places[at] = place;
    this.positions[at] = at;
    this.#seen.push({ main: at, own: at });
  }

  /** A place behind the main text, which sees `sees[0]` places of it, and what stands from `sees[1]` on up to itself. */
  behind(
    place: number,
    {
      sees: [main, own],
      position,
      id = -1,
    }: { readonly sees: readonly [number, number]; readonly position: number; readonly id?: number },
  ): void {
    const at = this.length;
    this.ids[at] = id;
    this.places[at] = place;
    this.positions[at] = position;
    this.#seen.push({ main, own });
  }

  mask(into: Float32Array, offset: number): void {
    for (let at = 0; at < this.room; at++) {
      const from = offset + at * this.room;
      const seen = this.#seen[at];
      if (seen !== undefined) into.fill(0, from, from + seen.main);
      into.fill(0, from + (seen?.own ?? at), from + at + 1);
    }
  }
}
