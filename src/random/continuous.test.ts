import { expect, test } from "vitest";
import { type Floats, fillGumbel, fillNormal, fillUniform, Key } from "./index.ts";

const drawn = (fill: (key: Key, data: Float64Array) => void, key: Key, count: number) => {
  const data = new Float64Array(count);
  fill(key, data);
  return data;
};

/** √n times the largest distance between the draws' distribution and `cdf`; above 1.95 with probability 0.001. */
function kolmogorov(data: Float64Array, cdf: (x: number) => number): number {
  const sorted = data.slice().sort();
  let worst = 0;
  sorted.forEach((x, at) => {
    const expected = cdf(x);
    worst = Math.max(worst, expected - at / sorted.length, (at + 1) / sorted.length - expected);
  });
  return worst * Math.sqrt(sorted.length);
}

const momentOf = (data: Float64Array, power: number) => data.reduce((sum, x) => sum + x ** power, 0) / data.length;

/** Φ, by the series Σ φ(x) x^(2k+1) / (1·3·5…(2k+1)) (Marsaglia, J. Stat. Software 11(5), 2004). */
function normalCdf(x: number): number {
  if (x < -8 || x > 8) return x < 0 ? 0 : 1;
  let [sum, term] = [x, x];
  for (let odd = 3; sum + term !== sum; odd += 2) {
    term *= (x * x) / odd;
    sum += term;
  }
  return 0.5 + (sum * Math.exp(-0.5 * x * x)) / Math.sqrt(2 * Math.PI);
}

test("draws never change silently", () => {
  const first = (fill: (key: Key, data: Floats) => void) => {
    const data = new Float32Array(4);
    fill(Key.of(1), data);
    return Array.from(data);
  };
  expect(first(fillUniform)).toEqual([0.9840021729469299, 0.5671402812004089, 0.5534119009971619, 0.4434396028518677]);
  expect(first(fillNormal)).toEqual([
    -0.03624817356467247, -0.32474982738494873, -0.8207379579544067, 3.2407922744750977,
  ]);
  expect(first(fillGumbel)).toEqual([4.127252578735352, 0.5671341419219971, 0.5248355865478516, 0.20678597688674927]);
  // The 10,000th number stands after about 120 that the ziggurat turned down.
  expect(drawn(fillNormal, Key.of(1), 10_000)[9_999]).toBe(0.695065526887554);
});

test("a shorter array is the beginning of a longer one, in float32 the rounding of float64", () => {
  for (const fill of [fillUniform, fillNormal, fillGumbel]) {
    const long = drawn(fill, Key.of(2), 5000);
    expect(drawn(fill, Key.of(2), 2049)).toEqual(long.subarray(0, 2049));
    const single = new Float32Array(5000);
    fill(Key.of(2), single);
    expect(single).toEqual(Float32Array.from(long));
  }
});

test("uniform numbers fill [0, 1) evenly, never reach 1 in float32, and stretch to any range", () => {
  const data = drawn(fillUniform, Key.of(3), 1_000_000);
  expect(kolmogorov(data, (x) => x)).toBeLessThan(1.95);
  const most = Math.max(...new Float32Array(data.subarray(0, 100_000)));
  expect(most).toBeLessThan(1);
  expect(Math.fround(1 - 2 ** -24)).toBeLessThan(1); // the largest that can be drawn
  const ranged = new Float64Array(1000);
  fillUniform(Key.of(3), ranged, -2, 3);
  expect(ranged).toEqual(data.subarray(0, 1000).map((x) => -2 + x * 5));
});

test("normal numbers are normal: distribution and four moments of a million", () => {
  const n = 1_000_000;
  const data = drawn(fillNormal, Key.of(4), n);
  expect(kolmogorov(data, normalCdf)).toBeLessThan(1.95);
  // Variances of x, x², x³, x⁴ under N(0, 1): 1, 2, 15, 96.
  const expected = [0, 1, 0, 3];
  [1, 2, 15, 96].forEach((variance, at) => {
    expect(Math.abs(momentOf(data, at + 1) - expected[at]) / Math.sqrt(variance / n)).toBeLessThan(4);
  });
});

test("the tail beyond the ziggurat's last edge is the normal tail", () => {
  const edge = 3.6541528853610088;
  const n = 4_000_000;
  const beyond = drawn(fillNormal, Key.of(5), n).filter((x) => Math.abs(x) > edge);
  const share = 2 * (1 - normalCdf(edge)); // 2.58e-4: about 1,032 draws
  const deviation = Math.sqrt(n * share);
  expect(Math.abs(beyond.length - n * share) / deviation).toBeLessThan(4);
  // Given |x| > edge the distribution of |x| is 1 - Q(x) / Q(edge).
  const tail = (x: number) => 2 * (1 - normalCdf(x));
  expect(kolmogorov(beyond.map(Math.abs), (x) => 1 - tail(x) / share)).toBeLessThan(1.95);
  const positive = beyond.filter((x) => x > 0).length;
  expect(Math.abs(positive - beyond.length / 2) / Math.sqrt(beyond.length / 4)).toBeLessThan(4);
});

test("the wedges of the ziggurat lose nothing: a histogram finer than its layers", () => {
  // 400 bins of equal width on (-4, 4) over 4·10⁶ draws. χ² with k degrees of freedom is about N(k, 2k); 4 deviations.
  const n = 4_000_000;
  const bins = new Float64Array(400);
  for (const x of drawn(fillNormal, Key.of(6), n)) if (Math.abs(x) < 4) bins[Math.floor((x + 4) * 50)]++;
  let [statistic, freedom] = [0, 0];
  bins.forEach((count, bin) => {
    const expected = n * (normalCdf(-4 + (bin + 1) / 50) - normalCdf(-4 + bin / 50));
    if (expected < 10) return;
    statistic += (count - expected) ** 2 / expected;
    freedom++;
  });
  expect(freedom).toBeGreaterThan(380);
  expect(Math.abs(statistic - freedom) / Math.sqrt(2 * freedom)).toBeLessThan(4);
});

test("a deviation stretches normal numbers", () => {
  const data = new Float64Array(100);
  fillNormal(Key.of(4), data, 0.02);
  expect(data).toEqual(drawn(fillNormal, Key.of(4), 100).map((x) => x * 0.02));
});

test("Gumbel numbers follow exp(-exp(-x))", () => {
  const data = drawn(fillGumbel, Key.of(7), 1_000_000);
  expect(kolmogorov(data, (x) => Math.exp(-Math.exp(-x)))).toBeLessThan(1.95);
});

test("draws from neighbouring keys are uncorrelated", () => {
  const n = 100_000;
  const draws = Array.from({ length: 12 }, (_, at) => drawn(fillNormal, Key.of(8).fold(at), n));
  draws.forEach((a, first) => {
    for (const b of draws.slice(0, first)) {
      const correlation = a.reduce((sum, value, at) => sum + value * b[at], 0) / n;
      expect(Math.abs(correlation)).toBeLessThan(4.5 / Math.sqrt(n)); // 66 pairs
    }
  });
});
