import { expect, test } from "vitest";
import { fillNormal, Key } from "#random";
import { float32 } from "#tensor";
import { computed } from "../../../test/suites/computed.ts";
import { Gaussian } from "../gaussian.ts";
import * as schedules from "../schedules/index.ts";
import * as objectives from "./index.ts";
import type { Objective } from "./objective.ts";

const [B, D] = [6, 4];
const normals = (name: string) => {
  const data = new Float32Array(B * D);
  fillNormal(Key.of(1).fold(name), data);
  return float32(data, [B, D]);
};
const chain = new Gaussian(schedules.cosine, 100);
/** A level for each row. */
const steps = [3, 20, 50, 70, 80, 90];
const inputs = {
  clean: normals("clean"),
  noise: normals("noise"),
  a: float32(
    steps.map((step) => chain.signal(step)),
    [B, 1],
  ),
  b: float32(
    steps.map((step) => chain.noise(step)),
    [B, 1],
  ),
};

test.each(Object.entries(objectives))("%s: x_0 and ε follow from what is to be said", async (_, objective) => {
  for (const part of ["clean", "noise"] as const) {
    const found = await computed(
      ({ clean, noise, a, b }) => {
        const level = { signal: a, noise: b };
        const noisy = clean.mul(a).add(noise.mul(b));
        return objective[part](objective.target(clean, noise, level), noisy, level);
      },
      { inputs },
    );
    found.data.forEach((value, at) => {
      expect(value).toBeCloseTo(inputs[part].data[at], 4);
    });
  }
});

/** Whatever was said, right or wrong: the x_0 and ε that follow must make up the x_t they were said of. */
test.each(Object.entries(objectives))("%s: x_0 and ε of any answer add up to x_t", async (_, objective) => {
  const level = { signal: 0.6, noise: 0.8 };
  const found = await computed(
    ({ clean: said, noise: noisy }) =>
      objective
        .clean(said, noisy, level)
        .mul(0.6)
        .add(objective.noise(said, noisy, level).mul(0.8)),
    { inputs },
  );
  found.data.forEach((value, at) => {
    expect(value).toBeCloseTo(inputs.noise.data[at], 5);
  });
});

test.each(Object.entries(objectives))(
  "%s: the weights of its estimate are x_0 as it follows from an answer",
  async (_, objective) => {
    const level = { signal: 0.6, noise: 0.8 };
    const { said, noisy } = objective.estimate(level.signal, level.noise);
    const [found, weighed] = [
      await computed(({ clean, noise }) => objective.clean(clean, noise, level), { inputs }),
      await computed(({ clean, noise }) => clean.mul(said).add(noise.mul(noisy)), { inputs }),
    ];
    found.data.forEach((value, at) => {
      expect(weighed.data[at]).toBeCloseTo(Number(value), 5);
    });
  },
);

test("what each is asked to say of x_0 = 2, ε = 5, a = 0.6, b = 0.8", async () => {
  const said = async (objective: Objective) => {
    const { data } = await computed(({ two, five }) => objective.target(two, five, { signal: 0.6, noise: 0.8 }), {
      inputs: { two: float32([2], [1, 1]), five: float32([5], [1, 1]) },
    });
    return Number(data[0]);
  };
  expect(await said(objectives.noise)).toBe(5);
  expect(await said(objectives.x0)).toBe(2);
  expect(await said(objectives.v)).toBeCloseTo(0.6 * 5 - 0.8 * 2, 6);
});
