/**
 * DeftRec's network: items → vectors → continuous tokens → states of the backbone at [PREF] → a generated vector.
 *   X_i = unit(E_i + W t_i)          t_i the item's text, where there is one
 *   o = denoise(√ᾱ x₀ + √(1−ᾱ) ε, t, h),  x₀ = b √D X_target      s_i = scale · ⟨o, X_i⟩ / √D
 * Source: DeftRec (arXiv 2504.12007); the item space and the loss over sampled items are ours (docs/deftrec.md says why).
 */
import { AdaLnDenoiser, Gaussian, schedules, timeFeatures } from "#diffusion";
import {
  crossEntropy,
  dropout,
  Embedding,
  filled,
  Linear,
  mse,
  normal,
  paddingMask,
  sampledSoftmax,
  type Weights,
} from "#nn";
import { normal as gaussian, type TracedKey } from "#random";
import type { Losses } from "#recommender";
import { concat, constant, float32, mergeDims, type NdArray, type Tensor } from "#tensor";
import { type ItemTokenizer, itemTokenizers, type TrainedTokens } from "#tokenizers";
import { CompactBackbone } from "./backbone.ts";
import type { JointBatch } from "./batches.ts";
import type { DeftRecConfig } from "./config.ts";
import { layoutOf } from "./layout.ts";

/** Width of what the denoiser knows of the noise level. */
const FEATURES = 64;
/** The scale of scores starts at a temperature of 0.07 and is kept below a hundred. */
const FIRST_SCALE = Math.log(1 / 0.07);
const MOST_SCALE = Math.log(100);

type TracedBatch = { readonly [K in keyof JointBatch]: Tensor };

/** What the network is made for. */
export interface Space {
  readonly items: number;
  readonly groups: number;
  /** What the groups are called, where they are the catalogue's own categories. */
  readonly groupNames?: readonly string[];
  /** Width F of the vectors of item texts; 0 where there are none. */
  readonly textWidth: number;
}

export class DeftRecNetwork {
  readonly chain: Gaussian;
  readonly tokenizer: ItemTokenizer;
  readonly #items: Embedding; // [N + 1, D]
  readonly #textMap: Linear | undefined; // F → D
  readonly #backbone: CompactBackbone;
  readonly #query: Tensor; // [W], the [PREF] embedding
  readonly #denoiser: AdaLnDenoiser;
  readonly #null: Tensor; // [W]
  readonly #logScale: Tensor; // []
  readonly #features: Tensor; // [S, F]

  constructor(
    weights: Weights,
    private readonly options: DeftRecConfig,
    private readonly space: Space,
  ) {
    const { dim, blocks, heads, hidden, dropout: rate, maxLength, steps, denoiserBlocks } = options;
    this.chain = new Gaussian(schedules[options.schedule], steps);
    this.#items = new Embedding(weights.at("items"), space.items + 1, dim);
    if (space.textWidth > 0) {
      this.#textMap = new Linear(weights.at("text"), space.textWidth, dim, { bias: false, init: normal(0.02) });
    }
    this.tokenizer = tokenizerOf(weights.at("tokenizer"), options);
    const backbone = { width: dim, blocks, heads, hidden, dropout: rate, maxLength, groups: space.groups };
    this.#backbone = new CompactBackbone(weights.at("backbone"), backbone);
    this.#query = weights.tensor("query", [dim], normal(1));
    const denoiser = { dim, condition: dim, features: FEATURES, hidden, blocks: denoiserBlocks, dropout: rate };
    this.#denoiser = new AdaLnDenoiser(weights.at("denoiser"), denoiser);
    this.#null = weights.tensor("null", [dim], normal(0.02));
    this.#logScale = weights.tensor("logScale", [], filled(FIRST_SCALE));
    this.#features = constant(timeFeatures(this.chain, FEATURES));
  }

  /** items [U] int32 and their texts' vectors [U, F] → unit vectors [U, D] */
  vectors(items: Tensor, text?: Tensor): Tensor {
    const own = this.#items.forward(items);
    return unit(this.#textMap === undefined || text === undefined ? own : own.add(this.#textMap.forward(text)));
  }

  /** The tokenizer's reconstruction of the vectors of items [U], for pre-training. */
  reconstructionLoss({ items, text }: { items: Tensor; text?: Tensor }, key: TracedKey): Losses {
    const vectors = this.vectors(items, text).stopGradient();
    return { total: this.#reconstruction(this.tokenizer.trained(vectors, key, items.greater(0)), vectors, items) };
  }

  loss(batch: TracedBatch, key: TracedKey): Losses {
    const { reconstruction, languageModelWeight } = this.options;
    const vectors = this.vectors(batch.unique, batch.text); // [U, D]
    const trained = this.tokenizer.trained(vectors, key.fold("tokens"), batch.unique.greater(0));
    const { states, response } = this.#read(trained.tokens, batch, key.fold("backbone"));
    const generated = this.#generated(states, vectors, batch, key.fold("diffusion"));
    const ranking = this.#ranking(generated, vectors, batch);
    const language = this.#language(states, response, batch);
    const rebuilt = this.#reconstruction(trained, vectors.stopGradient(), batch.unique);
    const total = ranking.add(language.mul(languageModelWeight)).add(rebuilt.mul(reconstruction));
    return { total, ranking, language, reconstruction: rebuilt };
  }

  /**
   * One denoising step for conditions h [B, W] at step `step`: noisy [B, D] → what the denoiser says [B, D], whose inner
   * product with the vectors, times `scoreScale`, are logits.
   */
  denoise(noisy: Tensor, step: number, condition: Tensor): Tensor {
    const row = this.#features.slice(0, step, step + 1); // [1, F]
    return this.#denoiser.forward(noisy, row, condition);
  }

  /** The null condition [W]. */
  get nullCondition(): Tensor {
    return this.#null;
  }

  /** What ⟨o, X_i⟩ is multiplied by: []. */
  scoreScale(): Tensor {
    return this.#logScale.minimum(MOST_SCALE).exp().div(Math.sqrt(this.options.dim));
  }

  /**
   * States at [PREF] behind histories of tokens: tokens [B, T, K, W], visible [B, T] bool, the layout's mask and distances
   * for the last position alone → [B, W].
   */
  query(tokens: Tensor, visible: Tensor, mask: Tensor, distances: Tensor): Tensor {
    const { dim, ways } = this.options;
    const [batch, length] = tokens.shape;
    const query = this.#query.reshape([1, 1, dim]).expand([batch, 1, dim]);
    const flat = tokens.reshape([batch, mergeDims([length, ways]), dim]);
    const hidden = visible
      .unsqueeze(-1)
      .expand([batch, length, ways])
      .reshape([batch, mergeDims([length, ways])]);
    const padding = paddingMask(concat([hidden, visible.slice(1, -1, undefined)], 1));
    const states = this.#backbone.forward(concat([flat, query], 1), padding.add(mask), distances);
    return states.at(1, -1);
  }

  /** vectors [U, D] → tokens [U, K, W], as when answering. */
  tokens(vectors: Tensor): Tensor {
    return this.tokenizer.tokens(vectors);
  }

  /** Logits of the groups, from states [B, W]: [B, G]. */
  groupLogits(states: Tensor): Tensor {
    return this.#backbone.logits(states).slice(-1, 0, this.space.groups);
  }

  /** tokens of a step's items → states at every query [B, T, W], and at the response behind the last one [B, W]. */
  #read(tokens: Tensor, batch: { readonly items: Tensor; readonly groups: Tensor }, key: TracedKey) {
    const { dim, ways, dropout: rate } = this.options;
    const [rows, length] = batch.items.shape as readonly number[]; // sizes are numbers while training
    const history = tokens
      .reshape([tokens.shape[0], ways * dim])
      .gather(batch.items)
      .reshape([rows, length * ways, dim]);
    const queries = this.#query.reshape([1, 1, dim]).expand([rows, length, dim]);
    const answer = this.#backbone.embed(batch.groups.slice(1, length - 1, length)); // [B, 1, W]
    const visible = batch.items.greater(0);
    const seen = visible
      .unsqueeze(-1)
      .expand([rows, length, ways])
      .reshape([rows, length * ways]);
    const always = visible.slice(1, length - 1, length); // a row without any item is not asked anyway
    const padding = paddingMask(concat([seen, visible, always], 1));
    const { mask, distances } = layoutOf(length, ways, "every", true);
    const embedded = dropout(concat([history, queries, answer], 1), rate, key.fold("embedded"));
    const states = this.#backbone.forward(embedded, padding.add(constant(mask)), constant(distances), key);
    return {
      states: states.slice(1, length * ways, length * (ways + 1)),
      response: states.at(1, length * (ways + 1)),
    };
  }

  /** One-step estimates out of every noise level: [P, D], P = B · T. */
  #generated(states: Tensor, vectors: Tensor, batch: TracedBatch, key: TracedKey) {
    const { dim, scale, steps } = this.options;
    const count = mergeDims(batch.targets.shape);
    const condition = states
      .mul(batch.kept)
      .add(this.#null.mul(batch.kept.neg().add(1)))
      .reshape([count, dim]);
    const clean = vectors
      .gather(batch.targets)
      .reshape([count, dim])
      .stopGradient()
      .mul(scale * Math.sqrt(dim));
    const at = batch.steps.reshape([count]);
    const level = (of: (step: number) => number) => constant(column(steps, of)).gather(at); // [P, 1]
    const signal = level((step) => this.chain.signal(step));
    const noise = level((step) => this.chain.noise(step));
    const noisy = clean.mul(signal).add(gaussian(key.fold("noise"), clean.shape).mul(noise));
    return this.#denoiser.forward(noisy, this.#features.gather(at), condition, key.fold("denoiser"));
  }

  /** Cross-entropy of the generated vector's nearest among the target and sampled items. */
  #ranking(generated: Tensor, vectors: Tensor, batch: TracedBatch): Tensor {
    const targets = batch.targets.reshape([mergeDims(batch.targets.shape)]);
    const query = generated.mul(this.scoreScale());
    const positive = query.mul(vectors.gather(targets)).sum(-1); // [P]
    const negatives = query.matmul(vectors.gather(batch.negatives), { transposeB: true }); // [P, M]
    const scores = { positive, negatives, targets, sampled: batch.negatives, logQ: -Math.log(this.space.items) };
    return sampledSoftmax(scores, batch.weights.reshape(targets.shape));
  }

  /** The response: the target's group after each query, then stop. */
  #language(states: Tensor, response: Tensor, batch: TracedBatch): Tensor {
    const word = crossEntropy(this.#backbone.logits(states), batch.groups, batch.weights.greater(0));
    const [rows, length] = batch.targets.shape as readonly number[];
    const stop = constant({ dtype: "int32", shape: [rows], data: new Int32Array(rows).fill(this.#backbone.stop) });
    const asked = batch.targets.at(1, length - 1).greater(0);
    return word.add(crossEntropy(this.#backbone.logits(response), stop, asked));
  }

  /** How far the tokens are from saying the vectors, and what their tokenizer minimises beside it. */
  #reconstruction({ tokens, auxiliary }: TrainedTokens, vectors: Tensor, items: Tensor): Tensor {
    const error = mse(this.tokenizer.reconstruct(tokens), vectors, items.greater(0));
    return (auxiliary === undefined ? error : error.add(auxiliary)).mul(this.options.dim);
  }
}

/** The tokenizer that is asked for, its weights at their place. */
export function tokenizerOf(weights: Weights, options: DeftRecConfig): ItemTokenizer {
  return new itemTokenizers[options.tokenizer](weights, { ...options, width: options.dim });
}

/** Vectors of length 1 along the last axis; the padding row stays finite. */
export function unit(x: Tensor): Tensor {
  return x.div(x.mul(x).sum(-1, { keepDims: true }).add(1e-12).sqrt());
}

function column(steps: number, of: (step: number) => number): NdArray {
  return float32(
    Float32Array.from({ length: steps }, (_, step) => of(step)),
    [steps, 1],
  );
}
