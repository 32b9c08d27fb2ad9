import { expect, test } from "vitest";
import { compile, type Tensor } from "#tensor";
import { bernoulli, fillBernoulli, fillNormal, gumbel, Key, normal, TracedKey, uniform } from "./index.ts";

const run = (trace: () => Record<string, Tensor>, key?: unknown, threads = 1) =>
  compile("draws", trace, { runtime: { device: "cpu", threads } }).run({}, key);

test("a traced draw is the host's draw with the run's key folded along its path", async () => {
  const place = TracedKey.root().fold("block").fold(1);
  const trace = () => ({ flips: bernoulli(place, 0.8, [3, 5]), noise: normal(place.fold("noise"), [7]) });
  const { flips, noise } = await run(trace, Key.of(5));

  const here = Key.of(5).fold("block").fold(1);
  const expectedFlips = new Uint8Array(15);
  fillBernoulli(here, 0.8, expectedFlips);
  const expectedNoise = new Float32Array(7);
  fillNormal(here.fold("noise"), expectedNoise);
  expect({ dtype: flips.dtype, shape: flips.shape, data: Uint8Array.from(flips.data as Uint8Array) }).toEqual({
    dtype: "bool",
    shape: [3, 5],
    data: expectedFlips,
  });
  expect(noise.data).toEqual(expectedNoise);
});

test("one graph draws anew with every key, the same with the same key, on one thread and on two", async () => {
  const trace = () => ({
    all: bernoulli(TracedKey.root(), 0.5, [1000])
      .cast("float32")
      .add(uniform(TracedKey.root().fold("u"), [1000]))
      .add(gumbel(TracedKey.root().fold("g"), [1000])),
  });
  const compiled = compile("draws", trace, { runtime: { device: "cpu", threads: 1 } });
  const first = (await compiled.run({}, Key.of(1))).all.data.slice();
  const second = (await compiled.run({}, Key.of(2))).all.data.slice();
  const again = (await compiled.run({}, Key.of(1))).all.data.slice();
  expect(compiled.compilations).toBe(1);
  expect(again).toEqual(first);
  expect(second).not.toEqual(first);
  expect((await run(trace, Key.of(1), 2)).all.data).toEqual(first);
});

test("two draws from one place are the same numbers, from two places they are not", async () => {
  const { same, other } = await run(() => {
    const place = TracedKey.root().fold("a");
    const draw = normal(place, [100]);
    return {
      same: draw
        .equal(normal(TracedKey.root().fold("a"), [100]))
        .cast("float32")
        .mean(),
      other: draw
        .equal(normal(place.fold("b"), [100]))
        .cast("float32")
        .mean(),
    };
  }, Key.of(1));
  expect([same.data[0], other.data[0]]).toEqual([1, 0]);
});

test("a graph that draws needs a key", async () => {
  await expect(
    run(() => ({ x: normal(TracedKey.root().fold("eps"), [2]) })),
  ).rejects.toThrowErrorMatchingInlineSnapshot(`[Error: internal: this graph draws normal eps; give its run a key]`);
});
