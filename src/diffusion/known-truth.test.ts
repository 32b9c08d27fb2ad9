/**
 * A task whose answer is known: 200 items in R^8, and the condition says which cluster asks; each cluster wants one item. What
 * is learned is tested from end to end: noising, objective, denoiser, sampler.
 */
import { expect, test } from "vitest";
import { mse, Weights } from "#nn";
import { adam } from "#optim";
import { fillNormal, Key, normal, Stream, shuffled, type TracedKey } from "#random";
import { compile, constant, float32, int32, type Tensor } from "#tensor";
import { stageOf, TrainingStep } from "../../test/suites/training-step.ts";
import { AdaLnDenoiser, Gaussian, objectives, samplers, schedules, timeFeatures } from "./index.ts";

const [ITEMS, D, S, B, FEATURES] = [200, 8, 50, 400, 16];
const runtime = { device: "cpu", threads: 1 } as const;
const chain = new Gaussian(schedules.cosine, S);
const features = constant(timeFeatures(chain, FEATURES));
const levels = (of: (step: number) => number) =>
  constant(
    float32(
      Float32Array.from({ length: S }, (_, step) => of(step)),
      [S, 1],
    ),
  );
const [signals, noises] = [levels((step) => chain.signal(step)), levels((step) => chain.noise(step))];

const items = new Float32Array(ITEMS * D);
fillNormal(Key.of(1).fold("items"), items);
const table = constant(float32(items, [ITEMS, D]));

type Batch = Readonly<Record<"clusters" | "steps", Tensor>>;

function loss(denoiser: AdaLnDenoiser, { clusters, steps }: Batch, key: TracedKey) {
  const clean = table.gather(clusters); // [B, D]
  const drawn = normal(key.fold("noise"), [B, D]);
  const level = { signal: signals.gather(steps), noise: noises.gather(steps) }; // [B, 1]
  const noisy = clean.mul(level.signal).add(drawn.mul(level.noise));
  const said = denoiser.forward(noisy, features.gather(steps), clusters.oneHot(ITEMS), key);
  return { total: mse(said, objectives.x0.target(clean, drawn, level)) };
}

/** The item nearest to each row. */
function nearest(vectors: ArrayLike<number>): number[] {
  return Array.from({ length: vectors.length / D }, (_, row) => {
    const distances = Array.from({ length: ITEMS }, (__, item) => {
      let sum = 0;
      for (let k = 0; k < D; k++) sum += (vectors[row * D + k] - items[item * D + k]) ** 2;
      return sum;
    });
    return distances.indexOf(Math.min(...distances));
  });
}

test("trained, DDIM draws the item that the condition asks for; under shuffled conditions it is chance", async () => {
  const weights = Weights.draw(Key.of(2));
  const options = { dim: D, condition: ITEMS, features: FEATURES, hidden: 64, blocks: 2, dropout: 0 };
  const denoiser = new AdaLnDenoiser(weights, options);
  const stage = stageOf("toy", (model: AdaLnDenoiser, { clusters, steps }, key) =>
    loss(model, { clusters, steps }, key),
  );
  await using step = new TrainingStep(stage, denoiser, weights, adam({ rate: 3e-3 }), runtime);
  for (let at = 1; at <= 400; at++) {
    const stream = new Stream(Key.of(3).fold(at));
    const draw = (below: number) =>
      int32(
        Int32Array.from({ length: B }, () => stream.below(below)),
        [B],
      );
    await step.take({ clusters: draw(ITEMS), steps: draw(S) }, Key.of(4).fold(at), at);
  }
  await using sampler = compile(
    "sample",
    ({ noise, clusters }) => ({
      vectors: samplers.ddim(noise, {
        chain,
        steps: 10,
        objective: objectives.x0,
        says: (noisy, at) => denoiser.forward(noisy, features.slice(0, at, at + 1), clusters.oneHot(ITEMS)),
      }),
    }),
    { runtime, parameters: weights.arrays },
  );
  const rounds = 5; // five draws a cluster
  const wanted = Array.from({ length: rounds * ITEMS }, (_, row) => row % ITEMS);
  const noise = new Float32Array(wanted.length * D);
  fillNormal(Key.of(5), noise);
  const hits = async (asked: ArrayLike<number>) => {
    const inputs = {
      noise: float32(noise, [wanted.length, D]),
      clusters: int32(Int32Array.from(asked), [wanted.length]),
    };
    const found = nearest((await sampler.run(inputs)).vectors.data as Float32Array); // float32, as the noise
    return found.filter((item, row) => item === wanted[row]).length / wanted.length;
  };
  expect(await hits(wanted)).toBeGreaterThan(0.95);
  expect(await hits(shuffled(Key.of(6), wanted.length).map((row) => wanted[row]))).toBeLessThan(0.03);
}, 60_000);
