/**
 * DeftRec's network: items → vectors → continuous tokens → states of the backbone at [PREF] → a generated vector.
 *   X_i = unit(E_i + W t_i)          t_i the item's text, where there is one;  space=fixed: X_i = E_i, standardised, over √D
 *   o = denoise(√ᾱ x₀ + √(1−ᾱ) ε, t, h),  x₀ = b √D X_target
 * objective=ranking: cross-entropy of s_i = scale · ⟨o, X_i⟩ / √D over sampled items; otherwise squared error of x₀, ε or v.
 * Source: DeftRec (arXiv 2504.12007); the joint space and the ranking loss are ours (docs/deftrec.md says why).
 */
import {
  AdaLnDenoiser,
  type Denoiser,
  dispersive,
  Gaussian,
  type Objective,
  objectives,
  PlainDenoiser,
  pairPreference,
  schedules,
  squaredErrors,
  timeFeatures,
} from "#diffusion";
import {
  crossEntropy,
  dropout,
  Embedding,
  filled,
  Linear,
  maskedMean,
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
import type { LanguageModel } from "./language-model.ts";
import { layoutOf } from "./layout.ts";

/** Width of what the denoiser knows of the noise level. */
const FEATURES = 64;
/** The scale of scores starts at a temperature of 0.07 and is kept below a hundred. */
const FIRST_SCALE = Math.log(1 / 0.07);
const MOST_SCALE = Math.log(100);
/** Words of a response at most: a group, and stop. */
export const RESPONSE = 2;

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

/** Targets that were noised, each at its own level: all [P, …]. */
interface Noised {
  readonly clean: Tensor; // [P, D]
  readonly noise: Tensor; // [P, D], as drawn
  readonly noisy: Tensor; // [P, D]
  readonly level: { readonly signal: Tensor; readonly noise: Tensor }; // [P, 1] each
  readonly features: Tensor; // [P, F]
  readonly condition: Tensor; // [P, W]
}

export class DeftRecNetwork {
  readonly chain: Gaussian;
  readonly tokenizer: ItemTokenizer;
  readonly #items: Embedding; // [N + 1, D]
  readonly #textMap: Linear | undefined; // F → D
  readonly #backbone: LanguageModel;
  readonly #query: Tensor; // [W], the [PREF] embedding
  readonly #denoiser: Denoiser;
  readonly #null: Tensor; // [W]
  readonly #logScale: Tensor | undefined; // [], of objective=ranking
  readonly #features: Tensor; // [S, F]

  constructor(
    weights: Weights,
    private readonly options: DeftRecConfig,
    private readonly space: Space,
    languageModel: (weights: Weights, options: DeftRecConfig, space: Space) => LanguageModel = compactBackbone,
  ) {
    const { dim, steps } = options;
    this.chain = new Gaussian(schedules[options.schedule], steps);
    this.#items = new Embedding(weights.at("items"), space.items + 1, dim);
    if (space.textWidth > 0 && options.space === "joint") {
      this.#textMap = new Linear(weights.at("text"), space.textWidth, dim, { bias: false, init: normal(0.02) });
    }
    this.tokenizer = tokenizerOf(weights.at("tokenizer"), options);
    this.#backbone = languageModel(weights.at("backbone"), options, space);
    this.#query = weights.tensor("query", [dim], normal(1));
    this.#denoiser = denoiserOf(weights.at("denoiser"), options);
    this.#null = weights.tensor("null", [dim], normal(0.02));
    if (options.objective === "ranking") this.#logScale = weights.tensor("logScale", [], filled(FIRST_SCALE));
    this.#features = constant(timeFeatures(this.chain, options.denoiser === "plain" ? dim : FEATURES));
  }

  /** items [U] int32 and their texts' vectors [U, F] → vectors [U, D]: of length 1, or fixed ones, of about that length */
  vectors(items: Tensor, text?: Tensor): Tensor {
    const own = this.#items.forward(items);
    if (this.options.space === "fixed") return own;
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
    const diffusion = this.#diffusion(states, vectors, batch, key.fold("diffusion"));
    const language = this.#language(states, response, batch);
    const rebuilt = this.#reconstruction(trained, vectors.stopGradient(), batch.unique);
    const total = diffusion.total.add(language.mul(languageModelWeight)).add(rebuilt.mul(reconstruction));
    return { ...diffusion, total, language, reconstruction: rebuilt };
  }

  /**
   * One denoising step for conditions h [B, W] at step `step`: noisy [B, D] → what the denoiser says [B, D].
   */
  denoise(noisy: Tensor, step: number, condition: Tensor): Tensor {
    const row = this.#features.slice(0, step, step + 1); // [1, F]
    return this.#denoiser.forward(noisy, row, condition);
  }

  /** The null condition [W]. */
  get nullCondition(): Tensor {
    return this.#null;
  }

  /**
   * Logits of items [N, D] for generated vectors [B, D]: [B, N].
   *   ranking    scale · ⟨o, X_i⟩ / √D, as trained
   *   otherwise, x_i = b √D X_i:   ⟨z, x_i⟩    −|z − x_i|²/2, less what all items share    cos(z, x_i) / 0.07
   */
  scores(generated: Tensor, items: Tensor): Tensor {
    if (this.#logScale !== undefined) return this.#scaled(generated).matmul(items, { transposeB: true });
    const clean = this.#clean(items);
    if (this.options.score === "cosine") {
      return unit(generated).mul(Math.exp(FIRST_SCALE)).matmul(unit(clean), { transposeB: true });
    }
    const products = generated.matmul(clean, { transposeB: true });
    return this.options.score === "inner" ? products : products.sub(clean.mul(clean).sum(-1).div(2));
  }

  /** What an estimate becomes before it is noised again; one that has no scale of its own gets the length of clean vectors. */
  between(clean: Tensor): Tensor {
    return this.#logScale === undefined ? clean : this.#clean(unit(clean));
  }

  /**
   * States at [PREF] behind histories of tokens: tokens [B, T, K, W], visible [B, T] bool, the layout's mask and distances
   * for the last position alone → [B, W].
   */
  query(tokens: Tensor, visible: Tensor, mask: Tensor, distances: Tensor): Tensor {
    const { embeddings, padding } = this.#prompt(tokens, visible, 0);
    return this.#backbone.forward(embeddings, padding.add(mask), distances).at(1, -1);
  }

  /**
   * The response behind the same histories, written word by word: a group, then `stop`, or another where it does not stop.
   * Mask and distances are those of a layout with a place for each word but the last → [B, RESPONSE] int32.
   */
  respond(tokens: Tensor, visible: Tensor, mask: Tensor, distances: Tensor): Tensor {
    const { embeddings, padding } = this.#prompt(tokens, visible, RESPONSE - 1);
    const { stop } = this.#backbone;
    return this.#backbone.generate(
      { embeddings, mask: padding.add(mask), distances },
      { limit: RESPONSE, allowed: (written) => (word) => written > 0 || word !== stop }, // an empty response says nothing
    );
  }

  /** vectors [U, D] → tokens [U, K, W], as when answering. */
  tokens(vectors: Tensor): Tensor {
    return this.tokenizer.tokens(vectors);
  }

  /** Embeddings of tokens and [PREF] [B, T·K + 1, W], and the padding mask over them and `words` places behind. */
  #prompt(tokens: Tensor, visible: Tensor, words: number) {
    const { dim, ways } = this.options;
    const [batch, length] = tokens.shape;
    const query = this.#query.reshape([1, 1, dim]).expand([batch, 1, dim]);
    const flat = tokens.reshape([batch, mergeDims([length, ways]), dim]);
    const seen = visible
      .unsqueeze(-1)
      .expand([batch, length, ways])
      .reshape([batch, mergeDims([length, ways])]);
    const always = Array.from({ length: 1 + words }, () => visible.slice(1, -1, undefined));
    return { embeddings: concat([flat, query], 1), padding: paddingMask(concat([seen, ...always], 1)) };
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
    const { mask, distances } = layoutOf(length, ways, "every", 1);
    const embedded = dropout(concat([history, queries, answer], 1), rate, key.fold("embedded"));
    const states = this.#backbone.forward(embedded, padding.add(constant(mask)), constant(distances), key);
    return {
      states: states.slice(1, length * ways, length * (ways + 1)),
      response: states.at(1, length * (ways + 1)),
    };
  }

  /** What diffusion is trained by, its parts and, as `total`, their weighted sum: P = B · T positions, each at its own noise level. */
  #diffusion(states: Tensor, vectors: Tensor, batch: TracedBatch, key: TracedKey): Losses {
    const { pairWeight, dispersiveWeight, dim } = this.options;
    const noised = this.#noised(states, vectors, batch, key);
    const said = this.#denoiser.forward(noised.noisy, noised.features, noised.condition, key.fold("denoiser")); // [P, D]
    const parts: Record<string, Tensor> = {};
    let total: Tensor;
    if (this.#logScale === undefined) {
      const weights = batch.weights.reshape([mergeDims(batch.weights.shape)]);
      const errors = squaredErrors(said, this.#objective().target(noised.clean, noised.noise, noised.level)); // [P]
      total = parts.denoising = maskedMean(errors, weights);
      if (batch.pairs !== undefined) {
        const wrong = this.#wrongErrors(noised, batch.pairs, key.fold("pairs"));
        parts.pairs = pairPreference(errors, wrong, weights);
        total = total.add(parts.pairs.mul(pairWeight));
      }
    } else {
      total = parts.ranking = this.#ranking(said, vectors, batch);
    }
    if (dispersiveWeight > 0) {
      const [rows, length] = batch.targets.shape as readonly number[];
      // One vector a history, that of its newest position: positions of one history may well be alike.
      parts.dispersive = dispersive(said.reshape([rows, length, dim]).at(1, length - 1));
      total = total.add(parts.dispersive.mul(dispersiveWeight));
    }
    return { total, ...parts };
  }

  /** Targets on their way through the chain, and the conditions, some of them replaced by null. */
  #noised(states: Tensor, vectors: Tensor, batch: TracedBatch, key: TracedKey): Noised {
    const { dim, steps } = this.options;
    const count = mergeDims(batch.targets.shape);
    const condition = states
      .mul(batch.kept)
      .add(this.#null.mul(batch.kept.neg().add(1)))
      .reshape([count, dim]);
    const clean = this.#clean(vectors.gather(batch.targets).reshape([count, dim]).stopGradient());
    const at = batch.steps.reshape([count]);
    const level = (of: (step: number) => number) => constant(column(steps, of)).gather(at); // [P, 1]
    const signal = level((step) => this.chain.signal(step));
    const noise = level((step) => this.chain.noise(step));
    const drawn = gaussian(key.fold("noise"), clean.shape);
    const noisy = clean.mul(signal).add(drawn.mul(noise));
    return { clean, noise: drawn, noisy, level: { signal, noise }, features: this.#features.gather(at), condition };
  }

  /** Errors of each position's own wrong items under its condition, step and noise: pairs [B, T, M] → [P, M]. */
  #wrongErrors({ noise, level, features, condition }: Noised, pairs: Tensor, key: TracedKey): Tensor {
    const [rows, length, each] = pairs.shape as readonly number[];
    const [positions, count] = [rows * length, rows * length * each];
    const repeated = (x: Tensor) => {
      const width = Number(x.shape[1]);
      return x.unsqueeze(1).expand([positions, each, width]).reshape([count, width]);
    };
    const clean = this.#clean(this.#items.forward(pairs.reshape([count])));
    const [drawn, own] = [repeated(noise), { signal: repeated(level.signal), noise: repeated(level.noise) }];
    const noisy = clean.mul(own.signal).add(drawn.mul(own.noise)); // [P · M, D]
    const said = this.#denoiser.forward(noisy, repeated(features), repeated(condition), key);
    const errors = squaredErrors(said, this.#objective().target(clean, drawn, own));
    return errors.reshape([positions, each]);
  }

  /** Cross-entropy of the generated vector's nearest among the target and sampled items. */
  #ranking(generated: Tensor, vectors: Tensor, batch: TracedBatch): Tensor {
    const targets = batch.targets.reshape([mergeDims(batch.targets.shape)]);
    const query = this.#scaled(generated);
    const positive = query.mul(vectors.gather(targets)).sum(-1); // [P]
    const negatives = query.matmul(vectors.gather(batch.negatives), { transposeB: true }); // [P, M]
    const scores = { positive, negatives, targets, sampled: batch.negatives, logQ: -Math.log(this.space.items) };
    return sampledSoftmax(scores, batch.weights.reshape(targets.shape));
  }

  /** Generated vectors whose inner products with the vectors are logits. */
  #scaled(generated: Tensor): Tensor {
    if (this.#logScale === undefined) throw new Error("internal: only objective=ranking learns a scale of scores");
    return generated.mul(this.#logScale.minimum(MOST_SCALE).exp().div(Math.sqrt(this.options.dim)));
  }

  /** x₀ of vectors: b √D X. */
  #clean(vectors: Tensor): Tensor {
    return vectors.mul(this.options.scale * Math.sqrt(this.options.dim));
  }

  #objective() {
    return objectiveOf(this.options);
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

/** What the denoiser says: x₀, as far as ranking is concerned, or what squared error has taught it. */
export function objectiveOf({ objective }: DeftRecConfig): Objective {
  return objectives[objective === "ranking" ? "x0" : objective];
}

function compactBackbone(weights: Weights, options: DeftRecConfig, { groups }: Space): LanguageModel {
  const { dim: width, blocks, heads, hidden, dropout: rate, maxLength } = options;
  return new CompactBackbone(weights, { width, blocks, heads, hidden, dropout: rate, maxLength, groups });
}

function denoiserOf(weights: Weights, options: DeftRecConfig): Denoiser {
  const { dim, hidden, denoiserBlocks, dropout: rate } = options;
  if (options.denoiser === "plain") return new PlainDenoiser(weights, { dim, condition: dim, dropout: rate });
  const sizes = { dim, condition: dim, features: FEATURES, hidden, blocks: denoiserBlocks };
  return new AdaLnDenoiser(weights, { ...sizes, dropout: rate });
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
