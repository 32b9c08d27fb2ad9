/**
 * DeftRec's network around a pretrained language model: continuous tokens stand inside its prompt, its states at [PREF] are
 * the condition, and the diffusion's gradient reaches its adapters and the tokenizer through it.
 *   h_t = W_c LN([s_{t,1}; …; s_{t,P}]) + √D x̂_t      s_{t,p}: the state at the p-th query of position t
 *   x̂_t: what the tokens of the item before them say, by the tokenizer's decoder; without it where queryStart=none
 *   loss = diffusion + languageModelWeight · cross-entropy of the response + reconstruction · error of the tokenizer
 * Source: DeftRec (arXiv 2504.12007). Differs: the condition is made of states that exist when answering, never of the true
 * response; marks and queries are trained; tokens have the length of the model's own embeddings.
 */
import { languageLoss, type TracedModel } from "#llm";
import { dropout, filled, LayerNorm, Linear, normal, type Weights } from "#nn";
import type { TracedKey } from "#random";
import type { Losses } from "#recommender";
import { concat, constant, float32, mergeDims, type Tensor } from "#tensor";
import type { DeftRecConfig } from "../config.ts";
import { Generation } from "../generation.ts";
import { ContinuousItems } from "../items.ts";
import type { Space } from "../space.ts";
import type { PromptBatch } from "./batches.ts";

type TracedBatch = { readonly [K in keyof PromptBatch]: Tensor };

export class PromptedNetwork {
  readonly items: ContinuousItems;
  readonly generation: Generation;
  readonly #marks: Tensor; // [2, D_L]
  readonly #queries: Tensor; // [P, D_L]
  readonly #logScale: Tensor; // []
  readonly #norm: LayerNorm;
  readonly #condition: Linear; // P · D_L → D

  constructor(
    weights: Weights,
    private readonly options: DeftRecConfig,
    readonly space: Space,
    /** Mean length of the language model's embeddings. */
    private readonly embeddingNorm: number,
  ) {
    const { dim, queries } = options;
    const width = space.tokenWidth;
    this.items = new ContinuousItems(weights, options, space);
    const like = normal(embeddingNorm / Math.sqrt(width));
    this.#marks = weights.tensor("marks", [2, width], like);
    this.#queries = weights.tensor("queries", [queries, width], like);
    this.#logScale = weights.tensor("tokenScale", [], filled(0));
    const condition = weights.at("condition");
    this.#norm = new LayerNorm(condition.at("norm"), width);
    this.#condition = new Linear(condition.at("map"), queries * width, dim);
    this.generation = new Generation(weights, options, space.items);
  }

  /** Tokens [U, K, D_L] as they stand in a prompt. */
  placed(tokens: Tensor): Tensor {
    const unit = this.embeddingNorm / Math.sqrt(this.space.tokenWidth);
    return tokens.mul(this.#logScale.exp().mul(unit));
  }

  /** What is not a word: nothing, the marks, the queries: [3 + P, D_L]. */
  get furniture(): Tensor {
    const none = constant(float32(new Float32Array(this.space.tokenWidth), [1, this.space.tokenWidth]));
    return concat([none, this.#marks, this.#queries], 0);
  }

  /** Where the condition behind an item starts, out of its tokens [U, K, D_L]: [U, D] */
  starts(tokens: Tensor): Tensor {
    const { dim, queryStart } = this.options;
    return this.items.tokenizer.reconstruct(tokens).mul(queryStart === "none" ? 0 : Math.sqrt(dim));
  }

  /** States at the queries [..., P, D_L], and where their conditions start [..., D] → conditions [..., D] */
  condition(states: Tensor, start: Tensor): Tensor {
    const before = states.shape.slice(0, -2);
    const width = this.options.queries * this.space.tokenWidth;
    return this.#condition.forward(this.#norm.forward(states).reshape([...before, width])).add(start);
  }

  loss({ decoder, head }: TracedModel, batch: TracedBatch, key: TracedKey): Losses {
    const { reconstruction, languageModelWeight, queries, dropout: rate } = this.options;
    const width = this.space.tokenWidth;
    const vectors = this.items.vectors(batch.unique, batch.text); // [U, D]
    const trained = this.items.tokenizer.trained(vectors, key.fold("tokens"), batch.unique.greater(0));
    const tokens = this.placed(trained.tokens);
    const rows = concat([this.furniture, tokens.reshape([mergeDims(tokens.shape.slice(0, 2)), width])], 0);
    const prompt = batch.words.add(rows.gather(batch.places)); // [B, L, D_L]
    const hidden = decoder.masked(prompt, batch.sees, batch.positions, key.fold("decoder"));
    const flat = hidden.reshape([mergeDims(hidden.shape.slice(0, 2)), width]);
    const start = dropout(this.starts(trained.tokens), rate, key.fold("start")).gather(batch.items); // [B, T, D]
    const asked = flat.gather(batch.asked).reshape([...batch.targets.shape, queries, width]);
    const states = this.condition(asked, start);
    const wrong = batch.pairs && this.items.own(batch.pairs.reshape([mergeDims(batch.pairs.shape)]));
    const diffusion = this.generation.loss({ states, vectors, ...(wrong && { wrong }) }, batch, key.fold("diffusion"));
    const rebuilt = this.items.reconstruction(trained, vectors.stopGradient(), batch.unique);
    const total = diffusion.total.add(rebuilt.mul(reconstruction));
    if (languageModelWeight === 0) return { ...diffusion, total, reconstruction: rebuilt };
    const labelled = { rows: batch.labelRows, targets: batch.labelTargets, weights: batch.labelWeights };
    const language = languageLoss(hidden, head, labelled, { frozen: true });
    return { ...diffusion, total: total.add(language.mul(languageModelWeight)), language, reconstruction: rebuilt };
  }
}
