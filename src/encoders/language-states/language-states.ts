/**
 * What a frozen language model makes of histories, as text: one state [D] an item, that at the end of its line
 * (item-lines.ts). One causal pass reads a history, and its states are those of all its beginnings, so that training on
 * every position and answering at the last one share them. They are kept (kept-states.ts): the model is opened only where
 * one is missing.
 */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { cacheDirectory, DataError, type Emit, fileHash } from "#base";
import type { Catalogue } from "#data";
import { LanguageModel, locateModel, openCheckpoint, openText, type Precision } from "#llm";
import { type Runtime, toFloat16 } from "#tensor";
import { blockStart, ItemLines } from "./item-lines.ts";
import { KeptStates, namesOf } from "./kept-states.ts";

/** Changes when the same histories come out otherwise. */
const LAYOUT = 1;
/** Blocks that are read before their states are kept. */
const AT_ONCE = 256;

export interface LanguageStatesOptions {
  /** A model's directory, GGUF file or hub id. */
  readonly model: string;
  readonly precision: Precision;
  /** Tokens of an item's title at most. */
  readonly titleTokens: number;
}

interface StatesContext {
  readonly runtime: Runtime;
  readonly emit: Emit;
  readonly signal?: { readonly aborted: boolean };
}

/** States of one history's last items, oldest first: float16 [n, D]. */
export type HistoryStates = Uint16Array;

/** A block of a history whose states are not all kept. */
interface Missing {
  readonly ids: readonly number[];
  readonly ends: readonly number[];
  readonly names: readonly string[];
}

export class LanguageStates implements AsyncDisposable {
  #model: LanguageModel | undefined;

  private constructor(
    private readonly options: LanguageStatesOptions,
    private readonly context: StatesContext,
    private readonly lines: ItemLines,
    private readonly kept: KeptStates,
    /** The model's files, which the states follow from. */
    readonly files: readonly { readonly path: string; readonly hash: string }[],
  ) {}

  /** Opens what is kept of this model; one that has no text tokenizer is an error. */
  static async open(
    options: LanguageStatesOptions,
    catalogue: Catalogue,
    context: StatesContext,
  ): Promise<LanguageStates> {
    const { model, precision, titleTokens } = options;
    const path = await locateModel(model, context);
    await using checkpoint = await openCheckpoint(path);
    const text = await openText(checkpoint);
    if (text === undefined) {
      throw new DataError(`${model}: this model has no text tokenizer, and histories are read to it as text.`, {
        code: "no-tokenizer",
        file: model,
        hint: "Put the model's tokenizer.json beside its weights.",
      });
    }
    const lines = new ItemLines(text.tokenizer, catalogue, titleTokens);
    const files = await Promise.all(checkpoint.files.map(async (path) => ({ path, hash: await fileHash(path) })));
    const identity = JSON.stringify([LAYOUT, precision, checkpoint.config, files.map(({ hash }) => hash)]);
    const name = createHash("sha256").update(identity).digest("hex").slice(0, 32);
    const kept = await KeptStates.open(join(cacheDirectory(), "states", name), checkpoint.config.dim);
    return new LanguageStates({ ...options, model: path }, context, lines, kept, files);
  }

  /** Width D of a state. */
  get dim(): number {
    return this.kept.dim;
  }

  /** States of the last `most` items of each history (of all, where it has fewer). */
  read(histories: readonly ArrayLike<number>[], most: number): Promise<HistoryStates[]> {
    return this.kept.during(() => this.#read(histories, most));
  }

  async #read(histories: readonly ArrayLike<number>[], most: number): Promise<HistoryStates[]> {
    await this.#compute(histories, most);
    return histories.map((history) => {
      const first = Math.max(0, history.length - most);
      const states = new Uint16Array((history.length - first) * this.dim);
      for (const { from, at, names } of this.#blocks(history, first)) {
        names.slice(at - from).forEach((name, further) => {
          const state = this.kept.get(name);
          if (state === undefined) throw new Error("internal: a state that was computed is not kept");
          states.set(state, (at + further - first) * this.dim);
        });
      }
      return states;
    });
  }

  /** Computes what is missing of these histories' last items, and keeps it. */
  async #compute(histories: readonly ArrayLike<number>[], most: number): Promise<void> {
    const missing = new Map<string, Missing>(); // by the name of its whole text: alike histories are read once
    for (const history of histories) {
      const first = Math.max(0, history.length - most);
      for (const { from, at, ids, ends, names } of this.#blocks(history, first)) {
        if (names.slice(at - from).some((name) => this.kept.get(name) === undefined)) {
          missing.set(names[names.length - 1], { ids, ends, names });
        }
      }
    }
    if (missing.size === 0) return;
    const texts = withoutBeginnings([...missing.values()]);
    const model = await this.#opened();
    const { emit, signal } = this.context;
    for (let first = 0; first < texts.length; first += AT_ONCE) {
      const some = texts.slice(first, first + AT_ONCE);
      const read = await model.states(
        some.map(({ ids }) => ids),
        { signal },
      );
      for (const [row, { ends, names }] of some.entries()) {
        for (const [at, end] of ends.entries()) {
          await this.kept.add(names[at], toFloat16(read[row].subarray((end - 1) * this.dim, end * this.dim)));
        }
      }
      emit({
        type: "progress",
        what: "histories read by the language model",
        done: first + some.length,
        of: texts.length,
      });
    }
    await this.kept.write();
  }

  /** The blocks that tell the states of a history's items from `first` on: each reads items from `from`, tells those from `at`. */
  *#blocks(history: ArrayLike<number>, first: number) {
    const items = Array.from(history);
    for (let at = first; at < items.length; ) {
      const from = blockStart(at);
      let to = at + 1;
      while (to < items.length && blockStart(to) === from) to++;
      const { ids, ends } = this.lines.text(items.slice(from, to));
      yield { from, at, ids, ends, names: namesOf(ids, ends) };
      at = to;
    }
  }

  async #opened(): Promise<LanguageModel> {
    const { model, precision } = this.options;
    this.#model ??= await LanguageModel.open(model, { runtime: this.context.runtime, precision });
    return this.#model;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kept.write();
    await this.#model?.[Symbol.asyncDispose]();
  }
}

/** Texts that are no beginning of another: reading the longer one tells the shorter one's states, too. */
function withoutBeginnings(texts: readonly Missing[]): Missing[] {
  const told = new Set(texts.flatMap(({ names }) => names.slice(0, -1)));
  return texts.filter(({ names }) => !told.has(names[names.length - 1]));
}
