/**
 * A trained language model at work: histories become prompts with continuous tokens, its states at [PREF] conditions; and
 * behind them it writes the response, whose category is one of the catalogue's by construction.
 */
import type { Catalogue } from "#data";
import { type Adapter, type Constraint, LanguageModel, TokenTrie } from "#llm";
import type { Weights } from "#nn";
import type { Context, Ranker } from "#recommender";
import { type Arrays, type Compiled, compile, float32, type Tensor } from "#tensor";
import { marked, RESPONSE_OPENING, ResponseReader } from "#text";
import type { ItemSide } from "../batches.ts";
import type { DeftRecConfig } from "../config.ts";
import { GeneratorRanker, type GeneratorState, tableOf } from "../ranker.ts";
import type { Reader, ReadHistory } from "../reader.ts";
import { categoryNames } from "../vectors.ts";
import { MARKS, QUERIES } from "./batches.ts";
import type { PromptedNetwork } from "./network.ts";
import { Prompts, TOKEN } from "./prompt.ts";

interface PromptedParts {
  readonly network: PromptedNetwork;
  readonly weights: Weights;
  readonly adapter: Adapter;
  readonly groupNames: readonly string[];
  readonly side: ItemSide;
}

/** Opens the language model with what training left of it. */
export async function openPrompted(
  options: DeftRecConfig,
  { network, weights, adapter, groupNames, side }: PromptedParts,
  catalogue: Catalogue,
  context: Context,
): Promise<Ranker<GeneratorState>> {
  const { arrays: parameters } = weights;
  const { runtime } = context;
  const { vectors, tokens } = await tableOf(network.items, parameters, side, context);
  await using placer = compile(
    "deftrec.placed",
    (inputs: Readonly<Record<string, Tensor>>) => ({
      tokens: network.placed(inputs.tokens),
      furniture: network.furniture,
    }),
    { runtime, parameters },
  );
  const placed = await placer.run({ tokens });
  const model = await LanguageModel.open(options.llm, { runtime, precision: options.llmPrecision, adapter });
  const reader = new PromptedReader(model, options, {
    prompts: new Prompts(model.texts, catalogue, options),
    tokens: placed.tokens.data as Float32Array, // as: float32 by construction, like the next
    furniture: placed.furniture.data as Float32Array,
    groupNames: [...new Set(groupNames)].filter((name) => name !== ""),
    named: categoryNames(catalogue) !== undefined,
    condition: compile("deftrec.condition", ({ states }) => ({ condition: network.condition(states) }), {
      runtime,
      parameters,
      axes: { states: ["B", null, null] },
    }),
  });
  const { generation } = network;
  return new GeneratorRanker(options, { generation, parameters, vectors, groupOf: side.groupOf, reader }, context);
}

interface ReaderParts {
  readonly prompts: Prompts;
  readonly tokens: Float32Array; // [N + 1, K, D_L]
  readonly furniture: Float32Array; // [3 + P, D_L]
  readonly groupNames: readonly string[];
  /** Whether these are categories of the catalogue. */
  readonly named: boolean;
  readonly condition: Compiled<Arrays, { readonly condition: Tensor }>;
}

/** Tokens written behind the category at most. */
const EXAMPLE = 24;
/** Categories are tokens of a trie: the longest has fewer. */
const MOST_CATEGORY = 64;

class PromptedReader implements Reader {
  readonly #responses: ResponseReader;

  constructor(
    private readonly model: LanguageModel,
    private readonly options: DeftRecConfig,
    private readonly parts: ReaderParts,
  ) {
    this.#responses = new ResponseReader(parts.groupNames);
  }

  async read(histories: readonly Int32Array[]): Promise<readonly ReadHistory[]> {
    const { dim, queries } = this.options;
    const states = await this.model.states(histories.map((history) => this.#prompt(history)));
    const width = queries * this.model.config.dim;
    const asked = new Float32Array(histories.length * width);
    states.forEach((own, row) => {
      asked.set(own.subarray(own.length - width), row * width);
    });
    const { condition } = await this.parts.condition.run({
      states: float32(asked, [histories.length, queries, this.model.config.dim]),
    });
    const data = condition.data as Float32Array; // as: float32 by construction
    return histories.map((_, row) => ({ state: data.slice(row * dim, (row + 1) * dim) }));
  }

  async respond(histories: readonly Int32Array[]) {
    const { tokenizer } = this.model.texts;
    const opening = tokenizer.tokens(RESPONSE_OPENING);
    const tail = this.model.embed([...this.parts.prompts.tail(0), ...opening]);
    const prompts = histories.map((history) => joined([this.#prompt(history), tail]));
    const marks = this.parts.groupNames.map((name) => tokenizer.tokens(`${marked(name)})`));
    const constraint = firstOneOf(marks);
    const written = histories.map(() => [] as number[]);
    const options = { maxTokens: MOST_CATEGORY + EXAMPLE, constraint };
    for await (const { tokens } of this.model.generate(prompts, options)) {
      tokens.forEach((token, row) => {
        if (token !== undefined) written[row].push(token);
      });
    }
    return written.map((tokens) => {
      const sentence = RESPONSE_OPENING + tokenizer.textOf(tokens).trimEnd();
      const category = this.#responses.category(sentence);
      return { ...(this.parts.named && category !== undefined && { category }), sentence };
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.parts.condition[Symbol.asyncDispose]();
    await this.model[Symbol.asyncDispose]();
  }

  /** A history's prompt up to the last query: [T, D_L]. */
  #prompt(history: Int32Array): Float32Array {
    const { maxLength, ways, queries } = this.options;
    const { prompts, tokens, furniture } = this.parts;
    const width = this.model.config.dim;
    const gathered = (place: number) => furniture.subarray(place * width, (place + 1) * width);
    const pieces = [this.model.embed(prompts.head(0))];
    for (const item of history.slice(-maxLength)) {
      for (const id of prompts.line(item)) {
        if (id >= 0) pieces.push(this.model.embed([id]));
        else if (id > TOKEN)
          pieces.push(gathered(MARKS[id as keyof typeof MARKS])); // as: OPEN or CLOSE
        else {
          const token = item * ways + (TOKEN - id);
          pieces.push(tokens.subarray(token * width, (token + 1) * width));
        }
      }
    }
    for (let query = 0; query < queries; query++) pieces.push(gathered(QUERIES + query));
    return joined(pieces);
  }
}

/** One of these texts first, then whatever follows. */
function firstOneOf(texts: readonly (readonly number[])[]): Constraint {
  const trie = new TokenTrie(texts);
  return {
    allowed: (generated) => {
      for (let length = 1; length <= Math.min(generated.length, MOST_CATEGORY); length++) {
        if (trie.has(generated.slice(0, length))) return undefined;
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
