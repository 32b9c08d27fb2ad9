/**
 * A trained language model at work: histories become prompts with continuous tokens, its states at [PREF] conditions; and
 * behind them it writes the response, whose category is one of the catalogue's by construction.
 */
import { ConfigError, InterruptedError } from "#base";
import type { Catalogue } from "#data";
import { type Adapter, type Constraint, type KeyValueCache, LanguageModel, TokenTrie } from "#llm";
import type { Weights } from "#nn";
import type { Context, Ranker } from "#recommender";
import { type Arrays, type Compiled, compile, float32, type Tensor } from "#tensor";
import { ResponseReader } from "#text";
import type { ItemSide } from "../batches.ts";
import type { DeftRecConfig } from "../config.ts";
import { GeneratorRanker, type GeneratorState, tableOf } from "../ranker.ts";
import type { Reader } from "../reader.ts";
import { namesOfWords } from "../response-words.ts";
import { MARKS, QUERIES } from "./batches.ts";
import { type KeptReadings, keptReadings, readingName } from "./kept-readings.ts";
import type { PromptedNetwork } from "./network.ts";
import { Prompts, TOKEN } from "./prompt.ts";

interface PromptedParts {
  readonly network: PromptedNetwork;
  readonly weights: Weights;
  readonly adapter: Adapter;
  readonly groupNames: readonly string[];
  readonly side: ItemSide;
  /** The language model's files. */
  readonly files: readonly { readonly hash: string }[];
}

/** Opens the language model with what training left of it, to rank. */
export async function openPrompted(
  options: DeftRecConfig,
  parts: PromptedParts,
  catalogue: Catalogue,
  context: Context,
): Promise<Ranker<GeneratorState>> {
  const { network, weights, side } = parts;
  const { reader, vectors } = await openReader(options, parts, catalogue, context);
  const own = { generation: network.generation, parameters: weights.arrays, vectors, groupOf: side.groupOf, reader };
  return new GeneratorRanker(options, own, context);
}

/** Opens it to read histories and to write responses. */
export async function openReader(options: DeftRecConfig, own: PromptedParts, catalogue: Catalogue, context: Context) {
  const { network, weights, adapter, groupNames, side } = own;
  const { arrays: parameters } = weights;
  const { runtime } = context;
  const { vectors, tokens } = await tableOf(network.items, parameters, side, context);
  await using placer = compile(
    "deftrec.placed",
    (inputs: Readonly<Record<string, Tensor>>) => ({
      tokens: network.placed(inputs.tokens),
      furniture: network.furniture,
      starts: network.starts(inputs.tokens),
    }),
    { runtime, parameters },
  );
  const placed = await placer.run({ tokens });
  const model = await LanguageModel.open(options.llm, { runtime, precision: options.llmPrecision, adapter });
  const prompts = new Prompts(model.texts, catalogue, options);
  const reader = new PromptedReader(model, options, {
    ...(await keptReadings(options, own, prompts, context)),
    prompts,
    tokens: placed.tokens.data as Float32Array, // as: float32 by construction, like the next
    furniture: placed.furniture.data as Float32Array,
    starts: placed.starts.data as Float32Array,
    groupNames,
    groupOf: side.groupOf,
    named: namesOfWords(catalogue, groupNames.length) !== undefined,
    condition: compile("deftrec.condition", ({ states, start }) => ({ condition: network.condition(states, start) }), {
      runtime,
      parameters,
      axes: { states: ["B", null, null], start: ["B", null] },
    }),
  });
  return { reader, vectors };
}

interface ReaderParts {
  /** Conditions [D], and log-probabilities of the groups [G + 1], of histories that were read before. */
  readonly conditions: KeptReadings;
  readonly likelihoods: KeptReadings;
  readonly prompts: Prompts;
  readonly tokens: Float32Array; // [N + 1, K, D_L]
  readonly furniture: Float32Array; // [3 + P, D_L]
  readonly starts: Float32Array; // [N + 1, D]
  /** By the group's number; "" has none. */
  readonly groupNames: readonly string[];
  readonly groupOf: Int32Array;
  /** Whether these are categories of the catalogue. */
  readonly named: boolean;
  readonly condition: Compiled<Arrays, { readonly condition: Tensor }>;
}

/** Tokens written behind the category at most, where the response is not what [PREF] stands behind. */
const EXAMPLE = 24;
/** Responses written side by side. */
const AT_ONCE = 16;

class PromptedReader implements Reader {
  readonly #responses: ResponseReader;
  readonly #opening: readonly number[];
  readonly #constraint: Constraint;
  /** What a response may begin with behind its opening: token ids, each once, and which of them stands for each group. */
  readonly #marks: readonly (readonly number[])[];
  readonly #markOf: Int32Array; // [G + 1], -1: none
  readonly #most: number;
  #read: Promise<KeyValueCache> | undefined;

  constructor(
    private readonly model: LanguageModel,
    private readonly options: DeftRecConfig,
    private readonly parts: ReaderParts,
  ) {
    const names = [...new Set(parts.groupNames)].filter((name) => name !== "");
    const markOf = (name: string) => parts.prompts.mark(name).join(" ");
    const marks = [...new Map(names.map((name) => [markOf(name), parts.prompts.mark(name)])).values()];
    const written = marks.map((mark) => mark.join(" "));
    this.#marks = marks;
    this.#markOf = Int32Array.from(parts.groupNames, (name) => (name === "" ? -1 : written.indexOf(markOf(name))));
    const behind = options.reasoning === "none" ? EXAMPLE : options.reasoningTokens;
    this.#responses = new ResponseReader(names);
    this.#opening = parts.prompts.opening;
    this.#constraint = firstOneOf(marks, behind);
    this.#most = marks.reduce((most, { length }) => Math.max(most, length), 0) + behind;
  }

  async read(histories: readonly Int32Array[], answers: readonly (number | undefined)[] = []) {
    const { maxLength, retrieval } = this.options;
    const { prompts, conditions, likelihoods } = this.parts;
    const names = histories.map((history) => readingName(history.slice(-maxLength), (item) => prompts.line(item)));
    const of = (places: readonly number[]) => places.map((place) => histories[place]);
    const told = (places: readonly number[]) => places.map((place) => answers[place]);
    const states = await conditions.rows(names, (places) => this.#conditions(of(places), told(places)));
    if (retrieval === "latent") return states.map((state) => ({ state }));
    const groups = await likelihoods.rows(names, (places) => this.#groups(of(places)));
    return states.map((state, row) => ({ state, groups: groups[row] }));
  }

  /** What [PREF] says behind each history, [D]. */
  async #conditions(histories: readonly Int32Array[], answers: readonly (number | undefined)[]) {
    const { dim } = this.options;
    const { dim: width } = this.model.config;
    const responses = await this.#before(histories, answers);
    const asked = this.#queries;
    const states = await this.model.states(
      histories.map((history, row) => joined([this.#prompt(history, responses?.[row]), asked])),
      { prefix: await this.#question() },
    );
    const last = new Float32Array(histories.length * asked.length);
    states.forEach((own, row) => {
      last.set(own.subarray(own.length - asked.length), row * asked.length);
    });
    const starts = new Float32Array(histories.length * dim); // 0 where there is no newest item
    histories.forEach((history, row) => {
      const newest = history.at(-1);
      if (newest !== undefined) starts.set(this.parts.starts.subarray(newest * dim, (newest + 1) * dim), row * dim);
    });
    const { condition } = await this.parts.condition.run({
      states: float32(last, [histories.length, asked.length / width, width]),
      start: float32(starts, [histories.length, dim]),
    });
    const data = condition.data as Float32Array; // as: float32 by construction
    return histories.map((_, row) => data.slice(row * dim, (row + 1) * dim));
  }

  /**
   * log-probability that the response behind each history names each group, [G + 1]. Groups that are written alike share it; one
   * without a name, which no response can tell, is taken for as unlikely as the least.
   */
  async #groups(histories: readonly Int32Array[]): Promise<Float32Array[]> {
    const prompts = histories.map((history) => this.#prompt(history, this.#opening));
    const alike = new Float64Array(this.#marks.length);
    for (const mark of this.#markOf) if (mark >= 0) alike[mark]++;
    return (await this.model.likelihoods(prompts, this.#marks, { prefix: await this.#question() })).map((told) => {
      const shared = told.map((value, mark) => value - Math.log(alike[mark]));
      const least = shared.reduce((a, b) => Math.min(a, b));
      return Float32Array.from(this.#markOf, (mark) => (mark < 0 ? least : shared[mark]));
    });
  }

  async respond(histories: readonly Int32Array[]) {
    const { tokenizer } = this.model.texts;
    return (await this.write(histories)).map((tokens) => {
      const sentence = tokenizer.textOf([...tokens]).trimEnd();
      const category = this.#responses.category(sentence);
      return { ...(this.parts.named && category !== undefined && { category }), sentence };
    });
  }

  /** The response that the model writes behind each history, its opening included: token ids. */
  async write(histories: readonly Int32Array[], { signal }: Pick<Context, "signal"> = {}) {
    const written = histories.map(() => [...this.#opening]);
    const order = [...histories.keys()].sort((a, b) => histories[a].length - histories[b].length || a - b);
    for (let from = 0; from < order.length; from += AT_ONCE) {
      if (signal?.aborted) throw new InterruptedError();
      const some = order.slice(from, from + AT_ONCE);
      const prompts = some.map((at) => this.#prompt(histories[at], this.#opening));
      const options = { maxTokens: this.#most, constraint: this.#constraint, prefix: await this.#question() };
      for await (const { tokens } of this.model.generate(prompts, options)) {
        tokens.forEach((token, row) => {
          if (token !== undefined) written[some[row]].push(token);
        });
      }
    }
    return written;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.parts.conditions[Symbol.asyncDispose]();
    await this.parts.likelihoods[Symbol.asyncDispose]();
    await this.parts.condition[Symbol.asyncDispose]();
    await this.model[Symbol.asyncDispose]();
  }

  /** The question that all prompts begin with, read once. */
  #question(): Promise<KeyValueCache> {
    this.#read ??= this.model.prefix(this.parts.prompts.head(0));
    return this.#read;
  }

  /** What stands before [PREF] and is no history: undefined where nothing does. */
  async #before(histories: readonly Int32Array[], answers: readonly (number | undefined)[]) {
    const { reasoning } = this.options;
    if (reasoning === "none") return undefined;
    if (reasoning === "generated") return this.write(histories);
    const { prompts, groupNames, groupOf } = this.parts;
    return histories.map((_, row) => {
      const item = answers[row];
      if (item !== undefined) return prompts.reasoned(item, groupNames[groupOf[item]] ?? "");
      throw new ConfigError(
        "deftrec: reasoning=oracle reads the true next item, which nobody knows when recommending. It is an ablation: only evaluate asks it.",
        { code: "reads-the-answer", field: "reasoning", hint: "Train with reasoning=generated or none to recommend." },
      );
    });
  }

  /** A history's prompt behind the question, and the response behind it: [T, D_L]. Where none is given, [PREF] follows the history at once. */
  #prompt(history: Int32Array, response: readonly number[] | undefined): Float32Array {
    const { maxLength, ways, reasoning } = this.options;
    const { prompts, tokens } = this.parts;
    const width = this.model.config.dim;
    const pieces: Float32Array[] = [];
    for (const item of history.slice(-maxLength)) {
      for (const id of prompts.line(item)) {
        if (id >= 0) pieces.push(this.model.embed([id]));
        else if (id > TOKEN)
          pieces.push(this.#furniture(MARKS[id as keyof typeof MARKS], 1)); // as: OPEN or CLOSE
        else {
          const token = item * ways + (TOKEN - id);
          pieces.push(tokens.subarray(token * width, (token + 1) * width));
        }
      }
    }
    if (response !== undefined) {
      if (reasoning === "none") pieces.push(this.#queries); // a response is written behind them
      pieces.push(this.model.embed([...prompts.tail(0), ...response]));
    }
    return joined(pieces);
  }

  get #queries(): Float32Array {
    return this.#furniture(QUERIES, this.options.queries);
  }

  #furniture(place: number, count: number): Float32Array {
    const width = this.model.config.dim;
    return this.parts.furniture.subarray(place * width, (place + count) * width);
  }
}

/** One of these texts first, then at most `behind` tokens more. */
function firstOneOf(texts: readonly (readonly number[])[], behind: number): Constraint {
  const trie = new TokenTrie(texts);
  const longest = texts.reduce((most, { length }) => Math.max(most, length), 0);
  return {
    allowed: (generated) => {
      for (let length = 1; length <= Math.min(generated.length, longest); length++) {
        if (trie.has(generated.slice(0, length))) return generated.length < length + behind ? undefined : [];
      }
      return trie.allowed(generated);
    },
  };
}

function joined(pieces: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}
