/**
 * One training step of a denoiser that predicts the noise in x_t, as a diffusion recommender trains it.
 *   t ~ U{0 … S-1}, ε ~ N(0, 1),  x_t = √ᾱ_t x_0 + √(1-ᾱ_t) ε,   y = x_t + condition(c) + time(t),  y ← y + block(y) twice
 *   loss = mean (y - ε)²      x [512, 512], c [512, 2048], S 1000, hidden 512, Adam
 * Timed is `TrainingStep`, which is what `train` runs; drawing t and ε and making x_t belongs to the step.
 */
import { Embedding, Linear, Weights } from "#nn";
import { adam } from "#optim";
import { fillNormal, Key, normal, Stream, type TracedKey, uniform } from "#random";
import type { Learned, Losses, Traced } from "#recommender";
import { type Arrays, constant, float32, int32, type NdArray, type Tensor } from "#tensor";
import { TrainingStep } from "#train";
import { type Bench, type Setup, subject } from "../bench.ts";

const ROWS = 512;
const WIDTH = 512;
const CONDITION = 2048;
const STEPS = 1000;
const RATE = 1e-4;
const BETAS = [0.9, 0.999] as const;
const COMPARED = 10;
const KEY = Key.of(1).fold("denoiser-step");

/** What a step is fed; t and noise only where losses are compared, else the step draws them. */
type DenoiserBatch = {
  readonly x0: NdArray;
  readonly condition: NdArray;
  readonly t?: NdArray;
  readonly noise?: NdArray;
};

/** max(0, x) W₁ᵀ …: activation, linear, activation, linear. */
class TwoLayers {
  readonly #up: Linear;
  readonly #down: Linear;

  constructor(weights: Weights, inside: number, outside: number) {
    this.#up = new Linear(weights.at("up"), inside, outside);
    this.#down = new Linear(weights.at("down"), outside, outside);
  }

  forward(x: Tensor): Tensor {
    return this.#down.forward(this.#up.forward(x.relu()).relu());
  }
}

class Denoiser {
  readonly #condition: TwoLayers;
  readonly #time: Embedding;
  readonly #blocks: readonly TwoLayers[];

  constructor(weights: Weights) {
    this.#condition = new TwoLayers(weights.at("condition"), CONDITION, WIDTH);
    this.#time = new Embedding(weights.at("time"), STEPS, WIDTH);
    this.#blocks = [0, 1].map((at) => new TwoLayers(weights.at("blocks").at(at), WIDTH, WIDTH));
  }

  forward(noisy: Tensor, t: Tensor, condition: Tensor): Tensor {
    let y = noisy.add(this.#condition.forward(condition)).add(this.#time.forward(t));
    for (const block of this.#blocks) y = y.add(block.forward(y));
    return y;
  }
}

/** √ᾱ_t and √(1-ᾱ_t) of the linear schedule β from 1e-4 to 0.02. */
function schedule(): { signal: NdArray; spread: NdArray } {
  const signal = new Float32Array(STEPS);
  const spread = new Float32Array(STEPS);
  let alphaBar = 1;
  for (let t = 0; t < STEPS; t++) {
    alphaBar *= 1 - (1e-4 + ((0.02 - 1e-4) * t) / (STEPS - 1));
    signal[t] = Math.sqrt(alphaBar);
    spread[t] = Math.sqrt(1 - alphaBar);
  }
  return { signal: float32(signal, [STEPS, 1]), spread: float32(spread, [STEPS, 1]) };
}

const { signal, spread } = schedule();

function loss(model: Denoiser, batch: Traced<DenoiserBatch>, key: TracedKey): Losses {
  const t = batch.t ?? uniform(key.fold("t"), [ROWS]).mul(STEPS).floor().cast("int32");
  const noise = batch.noise ?? normal(key.fold("noise"), [ROWS, WIDTH]);
  const noisy = constant(signal).gather(t).mul(batch.x0).add(constant(spread).gather(t).mul(noise));
  const error = model.forward(noisy, t, batch.condition).sub(noise);
  return { total: error.mul(error).mean() };
}

const stage: Learned<Denoiser, DenoiserBatch> = {
  kind: "learned",
  name: "denoiser",
  epochs: 1,
  patience: 1,
  validateEvery: 1,
  stop: "never",
  init: (weights) => new Denoiser(weights),
  steps: () => 1,
  epoch: () => [],
  loss,
  optimizer: () => adam({ rate: RATE, betas: BETAS }),
};

function gaussian(name: string, shape: readonly number[]): NdArray<Float32Array> {
  const data = new Float32Array(shape.reduce((product, size) => product * size, 1));
  fillNormal(KEY.fold(name), data);
  return float32(data, shape);
}

async function arrays(): Promise<Arrays> {
  const weights = Weights.draw(KEY.fold("weights"));
  new Denoiser(weights);
  const stream = new Stream(KEY.fold("t"));
  const t = Int32Array.from({ length: COMPARED * ROWS }, () => stream.below(STEPS));
  return {
    ...weights.arrays,
    "batch.x0": gaussian("x0", [ROWS, WIDTH]),
    "batch.condition": gaussian("condition", [ROWS, CONDITION]),
    "batch.signal": signal,
    "batch.spread": spread,
    "batch.t": int32(t, [COMPARED, ROWS]),
    "batch.noise": gaussian("noise", [COMPARED, ROWS, WIDTH]),
  };
}

async function ours(given: Arrays, { runtime, comparing }: Setup) {
  const weights = Weights.read(copied(given));
  const model = new Denoiser(weights);
  const step = new TrainingStep(stage, model, weights, stage.optimizer(1), runtime);
  const fixed = { x0: given["batch.x0"], condition: given["batch.condition"] };
  const size = ROWS * WIDTH;
  const take = async (index: number) => {
    const batch = !comparing
      ? fixed
      : {
          ...fixed,
          t: int32(given["batch.t"].data.subarray(index * ROWS, (index + 1) * ROWS) as Int32Array, [ROWS]),
          noise: float32(given["batch.noise"].data.subarray(index * size, (index + 1) * size) as Float32Array, [
            ROWS,
            WIDTH,
          ]),
        };
    return (await step.take(batch, KEY.fold(index), index + 1)).total;
  };
  return subject(take, () => step[Symbol.asyncDispose]());
}

/** Training writes into its arrays: each side begins with its own. */
function copied(given: Arrays): Arrays {
  return Object.fromEntries(
    Object.entries(given).map(([name, array]) => [name, { ...array, data: array.data.slice() }]),
  );
}

/** x 512, condition 2048, hidden 512, batch 512, Adam. */
export const denoiserStep: Bench = {
  name: "denoiser-step",
  unit: "ms/step",
  workload: "denoiser MLP: x 512, condition 2048, hidden 512, batch 512, Adam; drawing t and noise included",
  arrays,
  ours,
  peerOptions: (comparing) => ({ rate: RATE, betas: BETAS, given: comparing }),
  compared: COMPARED,
  tolerance: 1e-3,
  warmUp: 3,
  turn: 10,
  turns: 7,
  compiles: true,
};
