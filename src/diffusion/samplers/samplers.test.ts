/**
 * Samplers with denoisers that are known exactly, for then every error is the sampler's.
 * Of x_0 ~ N(μ, s²):  E[x_0 | x_t] = μ + a s² / (a² s² + b²) · (x_t − a μ),  with a = √ᾱ_t, b = √(1 − ᾱ_t).
 */
import { expect, test } from "vitest";
import { fillNormal, Key, TracedKey } from "#random";
import { constant, float32, type NdArray, type Tensor } from "#tensor";
import { computed } from "../../../test/suites/computed.ts";
import { Gaussian, type Transition } from "../gaussian.ts";
import { guided, type Says } from "../guidance.ts";
import * as objectives from "../objectives/index.ts";
import * as schedules from "../schedules/index.ts";
import * as samplers from "./index.ts";
import type { Sampler, Sampling } from "./sampler.ts";

const DRAWS = 8000;
/** Two targets side by side: a wide one and a narrow one. */
const MEANS = [1, 3];
const SPREADS = [0.84, 0.1];
const S = 1000;
const whole = new Gaussian(schedules.linear, S);
/** Steps 0..99 of the thousand: whoever starts at 99 walks this chain, ᾱ_99 = 0.897. */
const firstTenth = new Gaussian(() => schedules.linear(S).slice(0, 100), 100);

function normals(name: string, shape: readonly number[]): NdArray<Float32Array> {
  const data = new Float32Array(shape.reduce((size, dim) => size * dim, 1));
  fillNormal(Key.of(7).fold(name), data);
  return float32(data, shape);
}

/** How E[x_0 | x_t] leans on x_t: rise · x_t + base. */
function line(chain: Gaussian, step: number, mean: number, spread: number) {
  const { signal, noise } = chain.level(step);
  const rise = (signal * spread ** 2) / (signal ** 2 * spread ** 2 + noise ** 2);
  return { rise, base: mean - rise * signal * mean };
}

function exact(chain: Gaussian): Says {
  return (noisy, step) => {
    const lines = MEANS.map((mean, at) => line(chain, step, mean, SPREADS[at]));
    const row = (values: readonly number[]) => float32(values, [1, values.length]);
    return noisy.mul(constant(row(lines.map(({ rise }) => rise)))).add(constant(row(lines.map((l) => l.base))));
  };
}

type Moments = readonly { readonly mean: number; readonly deviation: number }[];

async function sampled(sampler: Sampler, sampling: Omit<Sampling, "objective" | "says">): Promise<Moments> {
  const { data } = await computed(
    ({ noise }) => sampler(noise, { objective: objectives.x0, says: exact(sampling.chain), ...sampling }),
    { inputs: { noise: normals("start", [DRAWS, 2]) }, key: Key.of(3) },
  );
  return MEANS.map((_, column) => moments(Array.from({ length: DRAWS }, (__, row) => Number(data[row * 2 + column]))));
}

/** Mean and deviation of what comes out, in closed form: everything on the way is linear and Gaussian. */
function expected(chain: Gaussian, transition: (from: number, to: number) => Transition): Moments {
  return MEANS.map((target, at) => {
    let [mean, variance] = [0, 1];
    for (let step = chain.steps - 1; step >= 0; step--) {
      const { clean, noisy, deviation } = transition(step, step - 1);
      const { rise, base } = line(chain, step, target, SPREADS[at]);
      mean = clean * (rise * mean + base) + noisy * mean;
      variance = (clean * rise + noisy) ** 2 * variance + deviation ** 2;
    }
    return { mean, deviation: Math.sqrt(variance) };
  });
}

/** Largest error of a mean or a deviation, as a share of what was to come out. */
function worst(found: Moments, wanted: Moments): number {
  return Math.max(
    ...found.flatMap(({ mean, deviation }, at) => [
      Math.abs(mean / wanted[at].mean - 1),
      Math.abs(deviation / wanted[at].deviation - 1),
    ]),
  );
}
const truth: Moments = MEANS.map((mean, at) => ({ mean, deviation: SPREADS[at] }));

test("ddpm recovers mean and deviation of a known target within 2 %", async () => {
  const found = await sampled(samplers.ddpm, { chain: whole, steps: S, variance: "added", key: TracedKey.root() });
  expect(
    worst(
      expected(whole, (from, to) => whole.ancestral(from, to, "added")),
      truth,
    ),
  ).toBeLessThan(0.01);
  expect(worst(found, truth)).toBeLessThan(0.02);
}, 60_000);

test("ddim recovers mean and deviation of a known target within 2 %", async () => {
  expect(
    worst(
      expected(whole, (from, to) => whole.implicit(from, to, 0)),
      truth,
    ),
  ).toBeLessThan(0.018);
  expect(worst(await sampled(samplers.ddim, { chain: whole, steps: S }), truth)).toBeLessThan(0.02);
}, 60_000);

test("with the posterior's variance a narrow target comes out too narrow, by what the closed form says", () => {
  const [wide, narrow] = expected(whole, (from, to) => whole.ancestral(from, to));
  expect(wide.deviation / SPREADS[0]).toBeGreaterThan(0.99);
  expect(narrow.deviation / SPREADS[1]).toBeCloseTo(0.963, 3);
});

/** The authors' sampler begins at step 99 of 1000, where nine tenths of the signal should be there already. */
test("begun at step 99 of 1000, both samplers miss the target by far, ddpm by what the closed form says", async () => {
  const ddpm = await sampled(samplers.ddpm, { chain: firstTenth, steps: 100, key: TracedKey.root() });
  expect(ddpm[0].mean).toBeCloseTo(0.14, 1);
  expect(ddpm[1].mean).toBeCloseTo(2.76, 1);
  expect(worst(ddpm, truth)).toBeGreaterThan(0.5);
  expect(
    worst(
      ddpm,
      expected(firstTenth, (from, to) => firstTenth.ancestral(from, to)),
    ),
  ).toBeLessThan(0.15);
  expect(worst(await sampled(samplers.ddim, { chain: firstTenth, steps: 100 }), truth)).toBeGreaterThan(0.5);
});

const short = new Gaussian(schedules.cosine, 12);
const softer: Says = (noisy, step) =>
  noisy
    .mul(0.3)
    .tanh()
    .add(step / 20);

test("ddim with all steps and η = 1 is ddpm, draw by draw", async () => {
  const run = (sampler: Sampler, eta?: number) =>
    computed(
      ({ noise }) =>
        sampler(noise, {
          chain: short,
          steps: 12,
          objective: objectives.v,
          says: softer,
          eta,
          key: TracedKey.root(),
        }),
      { inputs: { noise: normals("short", [4, 3]) }, key: Key.of(1) },
    );
  const [ddim, ddpm, drawless] = [await run(samplers.ddim, 1), await run(samplers.ddpm), await run(samplers.ddim, 0)];
  ddim.data.forEach((value, at) => {
    expect(value).toBeCloseTo(Number(ddpm.data[at]), 5);
  });
  expect(drawless.data).not.toEqual(ddpm.data);
});

test("the walk of ddpm is a loop over steps, and what is between is done to every estimate but the last", async () => {
  const [steps, place] = [3, TracedKey.root().fold("walk")];
  const noise = normals("walk", [2, 2]);
  const { data } = await computed(
    (given) =>
      samplers.ddpm(given.noise, {
        chain: short,
        steps,
        objective: objectives.noise,
        says: (noisy, step) => noisy.mul(0.1 * step),
        between: (clean, step) => clean.mul(0.5).add(step),
        key: place,
      }),
    { inputs: { noise }, key: Key.of(9) },
  );
  let x = Array.from(noise.data);
  for (const [step, next] of [
    [11, 7],
    [7, 3],
    [3, -1],
  ]) {
    const { signal, noise: level } = short.level(step);
    const said = x.map((value) => (value - level * 0.1 * step * value) / signal);
    const draws = new Float32Array(4);
    fillNormal(place.of(Key.of(9)).fold(step), draws);
    const { clean, noisy, deviation } = short.ancestral(step, next);
    x = next < 0 ? said : said.map((value, at) => clean * (0.5 * value + step) + noisy * x[at] + deviation * draws[at]);
  }
  x.forEach((value, at) => {
    expect(Number(data[at]) / value).toBeCloseTo(1, 4);
  });
});

test("conditions changed over within a batch change over what is sampled, where the noise is the same", async () => {
  const start = normals("one row", [1, 3]).data;
  const noise = float32([...start, ...start, ...start, ...start], [4, 3]);
  const under = async (order: readonly number[]) => {
    const rows = order.flatMap((row) => [row, -row, 2 * row]);
    const { data } = await computed(
      (given) => {
        const conditional: Says = (noisy, step) => noisy.mul(given.condition.tanh()).add(step / 30);
        const says = guided(conditional, (noisy) => noisy.mul(0.2), 2);
        return samplers.ddim(given.noise, { chain: short, steps: 5, objective: objectives.x0, says });
      },
      { inputs: { noise, condition: float32(rows, [4, 3]) } },
    );
    return Array.from({ length: 4 }, (_, row) => Array.from(data.slice(row * 3, row * 3 + 3), Number));
  };
  const [straight, changed] = [await under([1, 2, 3, 4]), await under([3, 1, 4, 2])];
  expect(changed).toEqual([straight[2], straight[0], straight[3], straight[1]]);
  expect(new Set(straight.map(String)).size).toBe(4);
});

test("who draws noise without a key is told", () => {
  const sampling = { chain: short, steps: 4, objective: objectives.x0, says: softer };
  const noise = constant(normals("start", [1, 1]));
  expect(() => samplers.ddpm(noise, sampling)).toThrowErrorMatchingInlineSnapshot(
    `[ConfigError: ddpm: noise is drawn at each step, which needs a key. Give one, or sample by ddim with eta 0.]`,
  );
  expect(() => samplers.ddim(noise, { ...sampling, eta: 0.5 })).toThrowErrorMatchingInlineSnapshot(
    `[ConfigError: ddim: noise is drawn at each step, which needs a key. Give one, or sample by ddim with eta 0.]`,
  );
});

/** Three clouds in the plane; the condition says which. */
const CLOUDS = [
  { share: 0.5, at: [-2, 0] },
  { share: 0.3, at: [1, 2] },
  { share: 0.2, at: [2, -1] },
];
const CLOUD_SPREAD = 0.4;

/** E[x_0 | x_t] of cloud `k`: [B, 2]. */
function ofCloud(chain: Gaussian, noisy: Tensor, step: number, { at }: (typeof CLOUDS)[number]): Tensor {
  const lines = at.map((mean) => line(chain, step, mean, CLOUD_SPREAD));
  return noisy.mul(lines[0].rise).add(
    constant(
      float32(
        lines.map(({ base }) => base),
        [1, 2],
      ),
    ),
  );
}

/** E[x_0 | x_t] of the mixture: clouds weighed by how likely x_t came of each. */
function ofAll(chain: Gaussian): Says {
  return (noisy, step) => {
    const { signal, noise } = chain.level(step);
    const variance = signal ** 2 * CLOUD_SPREAD ** 2 + noise ** 2;
    const weights = CLOUDS.map(({ share, at }) => {
      const off = noisy.sub(
        constant(
          float32(
            at.map((mean) => signal * mean),
            [1, 2],
          ),
        ),
      );
      return off
        .mul(off)
        .sum(-1, { keepDims: true })
        .div(-2 * variance)
        .exp()
        .mul(share); // [B, 1]
    });
    const total = weights.reduce((sum, weight) => sum.add(weight)).add(1e-30);
    return CLOUDS.map((cloud, k) => ofCloud(chain, noisy, step, cloud).mul(weights[k].div(total))).reduce((sum, each) =>
      sum.add(each),
    );
  };
}

test("under no condition the whole is sampled, under one its cloud, with the mean and covariance of each", async () => {
  const chain = new Gaussian(schedules.cosine, 250);
  const says = (strength: number) =>
    guided((noisy, step) => ofCloud(chain, noisy, step, CLOUDS[1]), ofAll(chain), strength);
  const draw = async (strength: number) => {
    const { data } = await computed(
      ({ noise }) => samplers.ddim(noise, { chain, steps: 250, objective: objectives.x0, says: says(strength) }),
      { inputs: { noise: normals("clouds", [DRAWS, 2]) } },
    );
    return covariance(Array.from({ length: DRAWS }, (_, row) => [Number(data[2 * row]), Number(data[2 * row + 1])]));
  };
  const mean = [0, 1].map((axis) => CLOUDS.reduce((sum, { share, at }) => sum + share * at[axis], 0));
  const second = (a: number, b: number) =>
    CLOUDS.reduce((sum, { share, at }) => sum + share * (at[a] - mean[a]) * (at[b] - mean[b]), 0) +
    (a === b ? CLOUD_SPREAD ** 2 : 0);
  const everything = await draw(-1);
  [...mean, second(0, 0), second(0, 1), second(1, 1)].forEach((value, at) => {
    expect(Math.abs(everything[at] - value)).toBeLessThan(0.06);
  });
  const cloud = await draw(0);
  [1, 2, CLOUD_SPREAD ** 2, 0, CLOUD_SPREAD ** 2].forEach((value, at) => {
    expect(Math.abs(cloud[at] - value)).toBeLessThan(0.02);
  });
}, 60_000);

function moments(values: readonly number[]) {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: Math.sqrt(squares / values.length) };
}

/** Means and covariances: x, y, xx, xy, yy. */
function covariance(points: readonly (readonly number[])[]): number[] {
  const average = (of: (point: readonly number[]) => number) =>
    points.reduce((sum, point) => sum + of(point), 0) / points.length;
  const [x, y] = [average((point) => point[0]), average((point) => point[1])];
  return [
    x,
    y,
    average((point) => (point[0] - x) ** 2),
    average((point) => (point[0] - x) * (point[1] - y)),
    average((point) => (point[1] - y) ** 2),
  ];
}
