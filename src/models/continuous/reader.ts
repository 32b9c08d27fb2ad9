/**
 * What turns histories into conditions once all is trained, and tells the response; and the reader of the compact backbone.
 * Whoever generates vectors under the conditions (ranker.ts) does not know which language model read.
 */
import type { Context } from "#recommender";
import { type Arrays, bool, type Compiled, compile, float32, type NdArray, type Tensor } from "#tensor";
import type { DeftRecConfig } from "./config.ts";
import type { HistoryLanguage } from "./language.ts";
import { layoutOf } from "./layout.ts";
import { type DeftRecNetwork, type HistoryArrays, RESPONSE } from "./network.ts";
import type { Space } from "./space.ts";

/** What was made of one history. */
export interface ReadHistory {
  readonly state: Float32Array; // [W], the condition
  /** log-probability that the response names each group [G + 1], where items are also found by it. */
  readonly groups?: Float32Array;
}

export interface Reader extends AsyncDisposable {
  /** `answers`: each history's true next item, for who reads it. */
  read(histories: readonly Int32Array[], answers?: readonly (number | undefined)[]): Promise<readonly ReadHistory[]>;
  /** The category that each response names, where it names one, and the response as text, where it is one. */
  respond(histories: readonly Int32Array[]): Promise<readonly { category?: string; sentence?: string }[]>;
}

/** Histories read at once, of like length: padding is computed as dearly as items are. */
const MOST_AT_ONCE = 64;

export class CompactReader implements Reader {
  readonly #read: Compiled<HistoryArrays, { readonly states: Tensor; readonly groups: Tensor }>;
  readonly #respond: Compiled<HistoryArrays, { readonly words: Tensor }>;

  constructor(
    network: DeftRecNetwork,
    private readonly options: DeftRecConfig,
    private readonly space: Space,
    /** Of every item: [N + 1, K, W]. */
    private readonly tokens: Float32Array,
    private readonly language: HistoryLanguage | undefined,
    { runtime }: Context,
    parameters: Arrays,
  ) {
    const axes = {
      tokens: ["B", null, null, null],
      visible: ["B", null],
      ...(language && { language: ["B", null, null] }),
    };
    const settings = { runtime, parameters, axes };
    const byText = options.retrieval !== "latent";
    this.#read = compile(
      "deftrec.read",
      (history): { readonly states: Tensor; readonly groups: Tensor } => {
        const { condition: states, groups } = network.query(history);
        return byText ? { states, groups } : ({ states } as { states: Tensor; groups: Tensor }); // as: not asked for
      },
      settings,
    );
    this.#respond = compile("deftrec.respond", (history) => ({ words: network.respond(history) }), settings);
  }

  async read(histories: readonly Int32Array[]): Promise<readonly ReadHistory[]> {
    const byText = this.options.retrieval !== "latent";
    const states = new Array<ReadHistory>(histories.length);
    const byLength = [...histories.keys()].sort((a, b) => histories[a].length - histories[b].length);
    for (let from = 0; from < byLength.length; from += MOST_AT_ONCE) {
      const some = byLength.slice(from, from + MOST_AT_ONCE);
      const told = await this.#read.run(
        await this.#inputs(
          some.map((at) => histories[at]),
          0,
        ),
      );
      const state = rowsIn(told.states);
      const groups = byText ? rowsIn(told.groups) : undefined;
      some.forEach((at, row) => {
        states[at] = { state: state(row), ...(groups && { groups: groups(row) }) };
      });
    }
    return states;
  }

  async respond(histories: readonly Int32Array[]) {
    const { words } = await this.#respond.run(await this.#inputs(histories, RESPONSE - 1));
    return histories.map((_, row) => {
      const category = this.space.groupNames?.[Number(words.data[row * RESPONSE])]; // behind it comes stop
      return category === undefined || category === "" ? {} : { category };
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#read[Symbol.asyncDispose]();
    await this.#respond[Symbol.asyncDispose]();
    await this.language?.[Symbol.asyncDispose]();
  }

  /** Right-aligned tokens of the most recent items, and the layout of that length with so many `words` of a response. */
  async #inputs(histories: readonly Int32Array[], words: number): Promise<HistoryArrays> {
    const { maxLength, ways, dim, queries } = this.options;
    const recent = histories.map((history) => history.slice(-maxLength));
    const length = readLength(Math.max(1, ...recent.map((history) => history.length)), maxLength);
    const width = ways * dim;
    const read = new Float32Array(histories.length * length * width);
    const visible = new Uint8Array(histories.length * length);
    recent.forEach((history, row) => {
      history.forEach((item, at) => {
        const place = row * length + length - history.length + at;
        read.set(this.tokens.subarray(item * width, (item + 1) * width), place * width);
        visible[place] = 1;
      });
    });
    return {
      ...(this.language && { language: await this.language.read(histories, length) }),
      tokens: float32(read, [histories.length, length, ways, dim]),
      visible: bool(visible, [histories.length, length]),
      ...layoutOf(length, ways, { asked: "last", words, queries }),
    };
  }
}

/** A quarter, a half or all of what may be read: each length is one compiled session. */
function readLength(longest: number, maxLength: number): number {
  return [4, 2, 1].map((part) => Math.ceil(maxLength / part)).find((length) => length >= longest) ?? maxLength;
}

/** Rows of a matrix, copied. */
function rowsIn({ data, shape: [, width] }: NdArray): (row: number) => Float32Array {
  return (row) => (data as Float32Array).slice(row * width, (row + 1) * width); // as: float32 by construction
}
