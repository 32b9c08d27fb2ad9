import { expect, test } from "vitest";
import { Gaussian, strided } from "./gaussian.ts";
import * as schedules from "./schedules/index.ts";

const all = Object.entries(schedules);

test.each(all)("%s falls from nearly 1 to little", (_, schedule) => {
  const alphaBar = schedule(1000);
  for (let step = 1; step < 1000; step++) expect(alphaBar[step]).toBeLessThan(alphaBar[step - 1]);
  expect(alphaBar[0]).toBeGreaterThan(0.95);
  expect(alphaBar[999]).toBeLessThan(0.01);
  expect(alphaBar[999]).toBeGreaterThan(0);
});

test("each schedule says what its source says", () => {
  const { linear, cosine, exp, sqrt } = schedules;
  expect(1 - linear(1000)[0]).toBeCloseTo(1e-4, 12);
  expect(linear(1000)[99]).toBeCloseTo(0.897, 3); // where the authors' sampler begins, nine tenths of the signal is left
  expect(exp(200)[199]).toBeCloseTo(6.3e-3, 4);
  expect(1 - exp(200)[0]).toBeCloseTo(6.2e-4, 4);
  const cosineAt = (share: number) => Math.cos(((share + 0.008) / 1.008) * (Math.PI / 2)) ** 2;
  expect(cosine(1000)[499]).toBeCloseTo(cosineAt(0.5) / cosineAt(0), 2);
  expect(sqrt(1000)[249]).toBeCloseTo(1 - Math.sqrt(0.25 + 1e-4), 9);
});

/** Where x_0 = 1 is known, mean and variance of x_s reached through x_t must be those of q(x_s | x_0). */
test.each(all)("with %s, a step back from any later one keeps the marginal", (_, schedule) => {
  const chain = new Gaussian(schedule, 100);
  for (const [from, to] of [
    [99, 98],
    [99, 40],
    [50, 0],
    [7, -1],
  ]) {
    for (const step of [chain.ancestral(from, to), chain.implicit(from, to, 0), chain.implicit(from, to, 0.5)]) {
      expect(step.clean + step.noisy * chain.signal(from)).toBeCloseTo(chain.signal(to), 9);
      expect(step.noisy ** 2 * chain.noise(from) ** 2 + step.deviation ** 2).toBeCloseTo(chain.noise(to) ** 2, 9);
    }
  }
});

test("an implicit step with η = 1 is the ancestral one, with η = 0 it draws nothing", () => {
  const chain = new Gaussian(schedules.linear, 50);
  const [implicit, ancestral] = [chain.implicit(30, 20, 1), chain.ancestral(30, 20)];
  for (const part of ["clean", "noisy", "deviation"] as const) expect(implicit[part]).toBeCloseTo(ancestral[part], 12);
  expect(chain.implicit(30, 20, 0).deviation).toBe(0);
});

test("the posterior of one step is DDPM's, with its small variance", () => {
  const chain = new Gaussian(schedules.linear, 10);
  const [here, there] = [chain.alphaBar[5], chain.alphaBar[4]];
  const beta = 1 - here / there;
  const { clean, noisy, deviation } = chain.ancestral(5, 4);
  expect(clean).toBeCloseTo((Math.sqrt(there) * beta) / (1 - here), 12);
  expect(noisy).toBeCloseTo((Math.sqrt(1 - beta) * (1 - there)) / (1 - here), 12);
  expect(deviation ** 2).toBeCloseTo((beta * (1 - there)) / (1 - here), 12);
});

test("the variance that was added is β, and nothing is drawn at the end", () => {
  const chain = new Gaussian(schedules.linear, 10);
  expect(chain.ancestral(5, 4, "added").deviation ** 2).toBeCloseTo(1 - chain.alphaBar[5] / chain.alphaBar[4], 12);
  expect(chain.ancestral(0, -1, "added").deviation).toBe(0);
  expect(chain.ancestral(0, -1, "posterior").deviation).toBe(0);
});

test("strided steps start at the right end of the chain and spread over it", () => {
  expect(strided(1000, 1)).toEqual([999]);
  expect(strided(1000, 4)).toEqual([999, 749, 499, 249]);
  expect(strided(3, 50)).toEqual([2, 1, 0]); // asked for more than there are
  expect(strided(7, 7)).toEqual([6, 5, 4, 3, 2, 1, 0]);
});

test("half the log of signal over noise is 0 where both are equal", () => {
  const chain = new Gaussian(() => Float64Array.of(0.9, 0.5, 0.1), 3);
  expect(chain.halfLogSnr(1)).toBeCloseTo(0, 12);
  expect(chain.halfLogSnr(0)).toBeCloseTo(0.5 * Math.log(9), 12);
});
