/**
 * Drawing 256 vectors by 100 steps of DDPM, as a diffusion recommender answers a batch.
 *   ε = denoise(x_t, t, c),  x ← q(x_{t−1} | x_t, x̂_0)      x [256, 512], c [256, 2048], hidden 512, S 100
 * Timed is `samplers.ddpm` over `PlainDenoiser` (src/diffusion): one graph, the condition read once, noise drawn afresh at each step.
 */
import { Gaussian, objectives, PlainDenoiser, samplers, schedules, timeFeatures } from "#diffusion";
import { Weights } from "#nn";
import { fillNormal, Key, TracedKey } from "#random";
import { type Arrays, compile, constant, float32, type NdArray } from "#tensor";
import { type Bench, type Setup, subject } from "../bench.ts";

const ROWS = 256;
const WIDTH = 512;
const CONDITION = 2048;
const STEPS = 100;
const KEY = Key.of(1).fold("ddpm");
const chain = new Gaussian(schedules.exp, STEPS);
const place = TracedKey.root().fold("draws");

function gaussian(key: Key, shape: readonly number[]): NdArray<Float32Array> {
  const data = new Float32Array(shape.reduce((product, size) => product * size, 1));
  fillNormal(key, data);
  return float32(data, shape);
}

/** What each step of the first answer draws, by step; the last one taken, step 0, draws nothing: [S, B, D]. */
function draws(): NdArray {
  const all = new Float32Array(STEPS * ROWS * WIDTH);
  for (let step = 1; step < STEPS; step++) {
    fillNormal(place.of(KEY.fold(0)).fold(step), all.subarray(step * ROWS * WIDTH, (step + 1) * ROWS * WIDTH));
  }
  return float32(all, [STEPS, ROWS, WIDTH]);
}

/** Signal and noise of each step, and clean, noisy, deviation of the way to the one before it: [S, 5]. */
function levels(): NdArray {
  const rows = Array.from({ length: STEPS }, (_, step) => {
    const { signal, noise } = chain.level(step);
    const { clean, noisy, deviation } = chain.ancestral(step, step - 1);
    return [signal, noise, clean, noisy, deviation];
  });
  return float32(rows.flat(), [STEPS, 5]);
}

function denoiserOf(weights: Weights): PlainDenoiser {
  return new PlainDenoiser(weights, { dim: WIDTH, condition: CONDITION, dropout: 0 });
}

async function arrays(): Promise<Arrays> {
  const weights = Weights.draw(KEY.fold("weights"));
  denoiserOf(weights);
  return {
    ...weights.arrays,
    "batch.start": gaussian(KEY.fold("start"), [ROWS, WIDTH]),
    "batch.condition": gaussian(KEY.fold("condition"), [ROWS, CONDITION]),
    "batch.features": timeFeatures(chain, WIDTH),
    "batch.levels": levels(),
    "batch.noise": draws(),
  };
}

async function ours(given: Arrays, { runtime }: Setup) {
  const weights = Weights.read(given);
  const denoiser = denoiserOf(weights);
  const features = constant(timeFeatures(chain, WIDTH));
  const sampler = compile(
    "ddpm",
    ({ start, condition }) => {
      const read = denoiser.read(condition);
      const vectors = samplers.ddpm(start, {
        chain,
        steps: STEPS,
        objective: objectives.noise,
        says: (noisy, step) => denoiser.under(read, noisy, features.slice(0, step, step + 1)),
        key: place,
      });
      return { size: vectors.mul(vectors).mean().sqrt() };
    },
    { runtime, parameters: weights.arrays },
  );
  const inputs = { start: given["batch.start"], condition: given["batch.condition"] };
  const step = async (index: number) => Number((await sampler.run(inputs, KEY.fold(index))).size.data[0]);
  return subject(step, () => sampler[Symbol.asyncDispose]());
}

/** x 512, condition 2048, hidden 512, batch 256, 100 steps. The figure compared is the root mean square of what is drawn. */
export const ddpm: Bench = {
  name: "ddpm",
  unit: "ms",
  workload: "100 DDPM steps: x 512, condition 2048 read once, hidden 512, batch 256; drawing the noise included",
  arrays,
  ours,
  peerOptions: (comparing) => ({ given: comparing }),
  compared: 1,
  tolerance: 1e-4,
  warmUp: 2,
  turn: 2,
  turns: 7,
  compiles: true,
};
