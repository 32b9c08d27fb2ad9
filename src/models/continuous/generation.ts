/**
 * The generating half of the network: conditions in, vectors out, whatever they are trained by.
 *   x_t = √ᾱ x₀ + √(1−ᾱ) ε,  x₀ = b √D X_target,  o = denoise(x_t, t, h)
 *   objective=ranking   cross-entropy of s_i = scale · ⟨o, X_i⟩ / √D over sampled items
 *   x0, noise, v        squared error of what o says of x_t, and −log σ(e⁻ − e⁺) against wrong items (pairWeight)
 * Source: DeftRec (arXiv 2504.12007), its objective; ContRec (the same, v3), dispersion. The ranking loss is ours.
 * Differs: one row of x_t a position, never one a pair of positions; each position has wrong items of its own.
 */
import {
  AdaLnDenoiser,
  ConcatDenoiser,
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
import { filled, maskedMean, normal, sampledSoftmax, type Weights } from "#nn";
import { normal as gaussian, type TracedKey } from "#random";
import type { Losses } from "#recommender";
import { constant, float32, mergeDims, type NdArray, type Tensor } from "#tensor";
import type { JointBatch } from "./batches.ts";
import type { DeftRecConfig } from "./config.ts";

/** Width of what an ada-ln denoiser knows of the noise level. */
const FEATURES = 64;
/** The scale of scores starts at a temperature of 0.07 and is kept below a hundred. */
const FIRST_SCALE = Math.log(1 / 0.07);
const MOST_SCALE = Math.log(100);

type TracedBatch = { readonly [K in keyof JointBatch]: Tensor };

/** What a step is trained on beside its batch. */
interface Given {
  readonly states: Tensor; // [B, T, W]
  readonly vectors: Tensor; // [U, D]
  readonly wrong?: Tensor; // [P · M, D]
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

/** The denoiser, the chain it undoes, and how what it says is trained and scored. */
export class Generation {
  readonly chain: Gaussian;
  /** What the denoiser says: x₀ where it was trained to rank, else what squared error has taught it. */
  readonly objective: Objective;
  readonly #denoiser: Denoiser;
  readonly #null: Tensor; // [W]
  readonly #logScale: Tensor | undefined; // [], of objective=ranking
  readonly #features: Tensor; // [S, F]

  constructor(
    weights: Weights,
    private readonly options: DeftRecConfig,
    private readonly items: number,
  ) {
    const { dim, objective } = options;
    this.chain = new Gaussian(schedules[options.schedule], options.steps);
    this.objective = objectives[objective === "ranking" ? "x0" : objective];
    this.#denoiser = denoiserOf(weights.at("denoiser"), options);
    this.#null = weights.tensor("null", [dim], normal(0.02));
    if (objective === "ranking") this.#logScale = weights.tensor("logScale", [], filled(FIRST_SCALE));
    this.#features = constant(timeFeatures(this.chain, options.denoiser === "plain" ? dim : FEATURES));
  }

  /** One denoising step for conditions h [B, W] at step `step`: noisy [B, D] → what the denoiser says [B, D]. */
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
   * What it is trained by, in parts and, as `total`, their weighted sum, out of P = B · T positions at noise levels of their own:
   * states [B, T, W], vectors of the batch's items [U, D], those of its wrong items [P · M, D] where pairs count.
   */
  loss({ states, vectors, wrong }: Given, batch: TracedBatch, key: TracedKey): Losses {
    const { pairWeight, dispersiveWeight } = this.options;
    const noised = this.#noised(states, vectors, batch, key);
    const { noisy, features, condition } = noised;
    const { said, hidden } = this.#denoiser.parts(noisy, features, condition, key.fold("denoiser")); // [P, D], [P, H]
    const parts: Record<string, Tensor> = {};
    let total: Tensor;
    if (this.#logScale === undefined) {
      const weights = batch.weights.reshape([mergeDims(batch.weights.shape)]);
      const errors = squaredErrors(said, this.objective.target(noised.clean, noised.noise, noised.level)); // [P]
      total = parts.denoising = maskedMean(errors, weights);
      if (wrong !== undefined) {
        parts.pairs = pairPreference(errors, this.#wrongErrors(noised, wrong, key.fold("pairs")), weights);
        total = total.add(parts.pairs.mul(pairWeight));
      }
    } else {
      total = parts.ranking = this.#ranking(said, vectors, batch);
    }
    if (dispersiveWeight > 0) {
      const [rows, length] = batch.targets.shape as readonly number[];
      const spread = this.options.dispersiveOf === "hidden" ? hidden : said;
      // One vector a history, that of its newest position: positions of one history may well be alike.
      parts.dispersive = dispersive(spread.reshape([rows, length, spread.shape[1]]).at(1, length - 1));
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

  /** Errors of each position's own wrong items [P · M, D] under its condition, step and noise: [P, M]. */
  #wrongErrors({ noise, level, features, condition }: Noised, wrong: Tensor, key: TracedKey): Tensor {
    const positions = Number(condition.shape[0]);
    const count = Number(wrong.shape[0]);
    const each = count / positions;
    const repeated = (x: Tensor) => {
      const width = Number(x.shape[1]);
      return x.unsqueeze(1).expand([positions, each, width]).reshape([count, width]);
    };
    const clean = this.#clean(wrong);
    const [drawn, own] = [repeated(noise), { signal: repeated(level.signal), noise: repeated(level.noise) }];
    const noisy = clean.mul(own.signal).add(drawn.mul(own.noise)); // [P · M, D]
    const said = this.#denoiser.forward(noisy, repeated(features), repeated(condition), key);
    return squaredErrors(said, this.objective.target(clean, drawn, own)).reshape([positions, each]);
  }

  /** Cross-entropy of the generated vector's nearest among the target and sampled items. */
  #ranking(generated: Tensor, vectors: Tensor, batch: TracedBatch): Tensor {
    const targets = batch.targets.reshape([mergeDims(batch.targets.shape)]);
    const query = this.#scaled(generated);
    const positive = query.mul(vectors.gather(targets)).sum(-1); // [P]
    const negatives = query.matmul(vectors.gather(batch.negatives), { transposeB: true }); // [P, M]
    const scores = { positive, negatives, targets, sampled: batch.negatives, logQ: -Math.log(this.items) };
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
}

function denoiserOf(weights: Weights, options: DeftRecConfig): Denoiser {
  const { dim, hidden, denoiserBlocks, dropout: rate } = options;
  if (options.denoiser === "plain") return new PlainDenoiser(weights, { dim, condition: dim, dropout: rate });
  if (options.denoiser === "concat") {
    const sizes = { dim, condition: dim, features: FEATURES, blocks: denoiserBlocks, dropout: rate };
    return new ConcatDenoiser(weights, sizes);
  }
  const sizes = { dim, condition: dim, features: FEATURES, hidden, blocks: denoiserBlocks };
  return new AdaLnDenoiser(weights, { ...sizes, dropout: rate });
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
