/**
 * DeftRec's network: items → vectors → continuous tokens → states of the backbone at [PREF] → a generated vector.
 *   X_i = unit(E_i + W t_i)          t_i the item's text, where there is one;  space=fixed: X_i = E_i, standardised, over √D
 *   [PREF] = p + the token that leads the item it stands behind, so that the state starts at what was taken last
 *   h = state of the backbone at [PREF] behind K tokens an item;  what is generated of it: generation.ts
 *   loss = diffusion + languageModelWeight · cross-entropy of the response + reconstruction · error of the tokenizer
 * Source: DeftRec (arXiv 2504.12007); the joint space is ours (docs/deftrec.md says why).
 */
import { crossEntropy, dropout, Linear, normal, paddingMask, type Weights } from "#nn";
import type { TracedKey } from "#random";
import type { Losses } from "#recommender";
import { concat, constant, mergeDims, type NdArray, type Tensor } from "#tensor";
import { CompactBackbone } from "./backbone.ts";
import type { JointBatch } from "./batches.ts";
import { ConditionEncoder } from "./condition-encoder.ts";
import type { DeftRecConfig } from "./config.ts";
import { Generation } from "./generation.ts";
import { ContinuousItems } from "./items.ts";
import type { LanguageModel } from "./language-model.ts";
import { layoutOf } from "./layout.ts";
import type { Space } from "./space.ts";

/** Words of a response at most: a group, and stop. */
export const RESPONSE = 2;

type TracedBatch = { readonly [K in keyof JointBatch]: Tensor };

/** Histories as the network is asked with them. */
export type HistoryArrays = {
  readonly tokens: NdArray; // [B, T, K, W]
  readonly visible: NdArray; // [B, T] bool
  readonly language?: NdArray; // [B, T, L]
  readonly mask: NdArray; // of the layout
  readonly distances: NdArray; // of the layout
};
type TracedHistory = { readonly [K in keyof HistoryArrays]: Tensor };

export class DeftRecNetwork {
  readonly items: ContinuousItems;
  readonly generation: Generation;
  readonly #languageMap: Linear | undefined; // L → W
  readonly #backbone: LanguageModel;
  readonly #query: Tensor; // [W] or [P, W], the [PREF] embeddings
  readonly #conditionEncoder: ConditionEncoder | undefined;

  constructor(
    weights: Weights,
    private readonly options: DeftRecConfig,
    private readonly space: Space,
    languageModel: (weights: Weights, options: DeftRecConfig, space: Space) => LanguageModel = compactBackbone,
  ) {
    const { dim } = options;
    this.items = new ContinuousItems(weights, options, space);
    if (space.languageWidth > 0) this.#languageMap = new Linear(weights.at("language"), space.languageWidth, dim);
    this.#backbone = languageModel(weights.at("backbone"), options, space);
    const { queries, dropout: rate } = options;
    this.#query = weights.tensor("query", queries === 1 ? [dim] : [queries, dim], normal(1));
    if (options.conditionEncoder === "attention") {
      this.#conditionEncoder = new ConditionEncoder(weights.at("condition"), { queries, width: dim, dropout: rate });
    }
    this.generation = new Generation(weights, options, space.items);
  }

  loss(batch: TracedBatch, key: TracedKey): Losses {
    const { reconstruction, languageModelWeight } = this.options;
    const vectors = this.items.vectors(batch.unique, batch.text); // [U, D]
    const trained = this.items.tokenizer.trained(vectors, key.fold("tokens"), batch.unique.greater(0));
    const read = this.#read(trained.tokens, batch, key.fold("backbone"));
    const states = this.#condition(read.states, key.fold("condition"));
    const wrong = batch.pairs && this.items.own(batch.pairs.reshape([mergeDims(batch.pairs.shape)]));
    const given = { states, vectors, ...(wrong && { wrong }) };
    const diffusion = this.generation.loss(given, batch, key.fold("diffusion"));
    const language = this.#language(this.#last(read.states), read.response, batch);
    const rebuilt = this.items.reconstruction(trained, vectors.stopGradient(), batch.unique);
    const total = diffusion.total.add(language.mul(languageModelWeight)).add(rebuilt.mul(reconstruction));
    return { ...diffusion, total, language, reconstruction: rebuilt };
  }

  /**
   * Conditions, made of the states at [PREF] behind histories of tokens, mask and distances those of the layout for the last
   * position alone → [B, W]; and of each group the log-probability that the response names it, [B, G + 1].
   */
  query({ mask, distances, ...history }: TracedHistory): { condition: Tensor; groups: Tensor } {
    const { embeddings, padding } = this.#prompt(history, 0);
    const states = this.#backbone.forward(embeddings, padding.add(mask), distances);
    const groups = () => this.#backbone.logits(states.at(1, -1)).logSoftmax();
    const { queries } = this.options;
    if (queries === 1) return { condition: this.#condition(states.at(1, -1)), groups: groups() };
    const end = states.shape[1] as number; // as: places are counted while tracing
    return { condition: this.#condition(states.slice(1, end - queries, end)), groups: groups() };
  }

  /**
   * The response behind the same histories, written word by word: a group, then `stop`, or another where it does not stop.
   * Mask and distances are those of a layout with a place for each word but the last → [B, RESPONSE] int32.
   */
  respond({ mask, distances, ...history }: TracedHistory): Tensor {
    const { embeddings, padding } = this.#prompt(history, RESPONSE - 1);
    const { stop } = this.#backbone;
    const says = (word: number) => word !== stop && this.space.groupNames?.[word] !== ""; // neither nothing, nor that it has none
    return this.#backbone.generate(
      { embeddings, mask: padding.add(mask), distances },
      { limit: RESPONSE, allowed: (written) => (word) => written > 0 || says(word) },
    );
  }

  /** Embeddings of tokens and [PREF] [B, T·K + P, W], and the padding mask over them and `words` places behind. */
  #prompt({ tokens, visible, language }: Omit<TracedHistory, "mask" | "distances">, words: number) {
    const { dim, ways, queries } = this.options;
    const [batch, length] = tokens.shape;
    const flat = this.#withLanguage(tokens.reshape([batch, mergeDims([length, ways]), dim]), language);
    const newest = flat.slice(1, -ways, undefined).mul(visible.slice(1, -1, undefined).cast("float32").unsqueeze(-1));
    const query = this.#queriesBehind(newest.unsqueeze(1)).reshape([batch, queries, dim]);
    const seen = repeated(visible, ways);
    const always = Array.from({ length: queries + words }, () => visible.slice(1, -1, undefined));
    return { embeddings: concat([flat, query], 1), padding: paddingMask(concat([seen, ...always], 1)) };
  }

  /** States at the queries of a position ([…, W], or [B, …, P, W] of several) → its condition [B, …, W]. */
  #condition(states: Tensor, key?: TracedKey): Tensor {
    if (this.#conditionEncoder === undefined) return this.#last(states);
    const { queries, dim } = this.options;
    const before = states.shape.slice(0, queries === 1 ? -1 : -2);
    const rows = states.reshape([mergeDims(before), queries, dim]);
    return this.#conditionEncoder.forward(rows, key).reshape([...before, dim]);
  }

  /** The state at the last query of each position, which the response follows. */
  #last(states: Tensor): Tensor {
    return this.options.queries === 1 ? states : states.at(-2, this.options.queries - 1);
  }

  /** tokens of a step's items → states at every query [B, T, (P,) W], and at the response behind the last one [B, W]. */
  #read(tokens: Tensor, batch: Pick<TracedBatch, "items" | "groups" | "language">, key: TracedKey) {
    const { dim, ways, queries: count, dropout: rate } = this.options;
    const [rows, length] = batch.items.shape as readonly number[]; // sizes are numbers while training
    const own = tokens
      .reshape([tokens.shape[0], ways * dim])
      .gather(batch.items)
      .reshape([rows, length * ways, dim]);
    const history = this.#withLanguage(own, batch.language);
    const queries = this.#queriesBehind(history.reshape([rows, length, ways, dim])).reshape([
      rows,
      length * count,
      dim,
    ]);
    const answer = this.#backbone.embed(batch.groups.slice(1, length - 1, length)); // [B, 1, W]
    const visible = batch.items.greater(0);
    const seen = repeated(visible, ways);
    const always = visible.slice(1, length - 1, length); // a row without any item is not asked anyway
    const asked = count === 1 ? visible : repeated(visible, count);
    const padding = paddingMask(concat([seen, asked, always], 1));
    const { mask, distances } = layoutOf(length, ways, { asked: "every", words: 1, queries: count });
    const embedded = dropout(concat([history, queries, answer], 1), rate, key.fold("embedded"));
    const states = this.#backbone.forward(embedded, padding.add(constant(mask)), constant(distances), key);
    const at = states.slice(1, length * ways, length * (ways + count));
    return {
      states: count === 1 ? at : at.reshape([rows, length, count, dim]),
      response: states.at(1, length * (ways + count)),
    };
  }

  /** The [PREF] queries behind items of these tokens: [B, T, K, W] → [B, T, P, W]. */
  #queriesBehind(tokens: Tensor): Tensor {
    const { dim, queries, queryStart } = this.options;
    const shape = [...tokens.shape.slice(0, 2), queries, dim];
    const own = this.#query.reshape([1, 1, queries, dim]).expand(shape);
    return queryStart === "none" ? own : own.add(this.items.tokenizer.lead(tokens).expand(shape));
  }

  /** Tokens [B, T·K, W], to each of which is added what a language model makes of the history up to its item [B, T, L]. */
  #withLanguage(tokens: Tensor, language: Tensor | undefined): Tensor {
    if (this.#languageMap === undefined || language === undefined) return tokens;
    const { dim, ways } = this.options;
    const [batch, length] = language.shape;
    const each = this.#languageMap.forward(language).unsqueeze(2).expand([batch, length, ways, dim]);
    return tokens.add(each.reshape([batch, mergeDims([length, ways]), dim]));
  }

  /** The response: the target's group after each query, then stop. */
  #language(states: Tensor, response: Tensor, batch: TracedBatch): Tensor {
    const word = crossEntropy(this.#backbone.logits(states), batch.groups, batch.weights.greater(0));
    const [rows, length] = batch.targets.shape as readonly number[];
    const stop = constant({ dtype: "int32", shape: [rows], data: new Int32Array(rows).fill(this.#backbone.stop) });
    const asked = batch.targets.at(1, length - 1).greater(0);
    return word.add(crossEntropy(this.#backbone.logits(response), stop, asked));
  }
}

function compactBackbone(weights: Weights, options: DeftRecConfig, { groups }: Space): LanguageModel {
  const { dim: width, blocks, heads, hidden, dropout: rate, maxLength } = options;
  return new CompactBackbone(weights, { width, blocks, heads, hidden, dropout: rate, maxLength, groups });
}

/** Each place `times` times: [B, T] → [B, T · times]. */
function repeated(visible: Tensor, times: number): Tensor {
  const [batch, length] = visible.shape;
  return visible
    .unsqueeze(-1)
    .expand([batch, length, times])
    .reshape([batch, mergeDims([length, times])]);
}
