import { expect, test } from "vitest";
import { Fuser } from "./fuse.ts";
import { PoolBuilder } from "./pool.ts";
import { judgeOf, oddsOfRepeat, scaleRepeats } from "./repeats.ts";
import type { ExpertShare } from "./share.ts";

const plain: ExpertShare = { weight: 0.5, power: 1, trend: 0, popularity: 0, confidence: 0, typicalMass: 1 };
const priors = { trend: new Float32Array(5).fill(1), popularity: new Float32Array(5) };
const kinds = { counts: "mass", nets: "weighed" } as const;
const scores = () => ({ counts: Float32Array.of(0, 6, 2, 1, 1), nets: Float32Array.of(0, 0.1, 0.1, 0.5, 0.3) });

test("odds are those of what was taken before against what was not, each item once", () => {
  expect(oddsOfRepeat(scores().nets, [1, 2, 1])).toBeCloseTo(0.25, 6);
  expect(oddsOfRepeat(scores().nets, [])).toBe(0);
  expect(oddsOfRepeat(Float32Array.of(0, 1, 0), [1])).toBe(Number.POSITIVE_INFINITY);
});

test("what was taken before is scaled to those odds, in its own proportions, and what is new stays", () => {
  const { counts } = scores();
  scaleRepeats(counts, [1, 2, 1], 0.25);
  [0, 0.375, 0.125, 1, 1].forEach((value, item) => {
    expect(counts[item]).toBeCloseTo(value, 6);
  });
  const onlyOld = Float32Array.of(0, 3, 0, 0, 0);
  scaleRepeats(onlyOld, [1], 0.25);
  expect([...onlyOld]).toEqual([0, 3, 0, 0, 0]);
});

test("only an expert that has weighed everything is believed", () => {
  expect(judgeOf(kinds)).toBe("nets");
  expect(judgeOf({ counts: "mass", model: "logits" })).toBeUndefined();
});

test("fused, all experts have the odds of the one that is believed, if it has a say", () => {
  const fused = new Fuser({ counts: plain, nets: plain }, kinds, priors).fuse(scores(), [[]], [[1, 2]]);
  expect((fused[1] + fused[2]) / (fused[3] + fused[4])).toBeCloseTo(0.25, 5);
  const deaf = new Fuser({ counts: plain }, kinds, priors).fuse(scores(), [[]], [[1, 2]]);
  expect((deaf[1] + deaf[2]) / (deaf[3] + deaf[4])).toBeCloseTo(4, 5);
});

test("tuning sees the scores that are fused", () => {
  const pool = new PoolBuilder(kinds, priors);
  pool.add(scores(), [], 3, [1, 2]);
  const { experts, items } = pool.build();
  const counts = experts.find(({ name }) => name === "counts");
  expect(counts?.mass[0]).toBeCloseTo(2.5, 6);
  expect(counts?.values[items.indexOf(1)]).toBeCloseTo(0.375, 6);
});
