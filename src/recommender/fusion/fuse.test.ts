import { expect, test } from "vitest";
import { Fuser } from "./fuse.ts";
import type { ExpertShare } from "./share.ts";

const plain: ExpertShare = { weight: 1, power: 1, trend: 0, popularity: 0, confidence: 0, typicalMass: 1 };
const priors = { trend: Float32Array.of(1, 1, 4, 1), popularity: Float32Array.of(0, 3, 8, 0) };
const kinds = { model: "logits", counts: "mass" } as const;
const close = (row: Float32Array, expected: readonly number[]) =>
  expected.forEach((value, at) => {
    expect(row[at], `column ${at}`).toBeCloseTo(value, 6);
  });
/** Column 0 is padding and loud, so that a test would hear it. */
const logits = (...p: number[]) => Float32Array.of(99, ...p.map(Math.log));

test("shares of probability add up by their weights, padding left out", () => {
  const fuser = new Fuser({ model: { ...plain, weight: 0.75 }, counts: { ...plain, weight: 0.25 } }, kinds, priors);
  const scores = { model: logits(0.5, 0.3, 0.2), counts: Float32Array.of(9, 0, 3, 1) };
  // counts: 0, 3/4, 1/4
  close(fuser.fuse(scores, [[]]), [0, 0.375, 0.75 * 0.3 + 0.25 * 0.75, 0.75 * 0.2 + 0.25 * 0.25]);
});

test("with confidence 1 a model's probabilities are not renormalised after masking, with 0 they are", () => {
  const asked = { model: logits(0.5, 0.3, 0.2), counts: new Float32Array(4) };
  const sure = new Fuser({ model: { ...plain, confidence: 1 } }, kinds, priors);
  close(sure.fuse({ ...asked, model: asked.model.slice() }, [[1]]).subarray(2), [0.3, 0.2]);
  const even = new Fuser({ model: plain }, kinds, priors);
  close(even.fuse(asked, [[1]]).subarray(2), [0.6, 0.4]);
});

test("a mass speaks louder where it has more to say than usual", () => {
  const fuser = new Fuser({ counts: { ...plain, confidence: 0.5, typicalMass: 4 } }, kinds, priors);
  const fused = fuser.fuse({ model: new Float32Array(4), counts: Float32Array.of(0, 8, 8, 0) }, [[]]);
  close(fused.subarray(1, 3), [1, 1]); // ½ each, times √(16 / 4)
});

test("power, trend and popularity shape a share before it is normalised", () => {
  const share = { ...plain, power: 2, trend: 0.5, popularity: 1 };
  const fused = new Fuser({ counts: share }, kinds, priors).fuse(
    { model: new Float32Array(4), counts: Float32Array.of(0, 1, 3, 2) },
    [[]],
  );
  const raw = [1 / 4, (9 * 2) / 9, 4 / 1]; // p² · √z / (pop + 1)
  const sum = raw.reduce((a, b) => a + b);
  close(
    fused.subarray(1),
    raw.map((value) => value / sum),
  );
});

test("what no expert generates follows in the order of popularity, below everything else", () => {
  const fuser = new Fuser({ counts: plain }, kinds, priors);
  const fused = fuser.fuse({ model: new Float32Array(4), counts: Float32Array.of(0, 0, 0, 2) }, [[]]);
  expect(fused[3]).toBe(1);
  expect(fused[2]).toBeLessThan(1);
  expect(fused[2]).toBeGreaterThan(fused[1]); // taken 8 and 3 times
  expect(fused[1]).toBeGreaterThan(0);
});

test("rows are fused on their own, each with its own mask", () => {
  const fuser = new Fuser({ counts: plain }, kinds, priors);
  const counts = Float32Array.of(0, 1, 1, 2, 0, 1, 1, 2);
  const fused = fuser.fuse({ model: new Float32Array(8), counts }, [[3], []]);
  close(fused, [0, 0.5, 0.5]);
  close(fused.subarray(4), [0, 0.25, 0.25, 0.5]);
});

test("scores that are not numbers stay visible", () => {
  const fused = new Fuser({ counts: plain }, kinds, priors).fuse(
    { model: new Float32Array(4), counts: Float32Array.of(0, 1, Number.NaN, 2) },
    [[]],
  );
  expect(fused.includes(Number.NaN)).toBe(true);
});

test("weights that fit no expert, or none at all, are our own mistake, and say so", () => {
  expect(() => new Fuser({ text: plain }, kinds, priors)).toThrowErrorMatchingInlineSnapshot(
    `[Error: internal: fusion has a weight for "text", but the experts are model, counts.]`,
  );
  expect(() => new Fuser({ model: { ...plain, weight: 0 } }, kinds, priors)).toThrowErrorMatchingInlineSnapshot(
    `[Error: internal: fusion gives every expert the weight 0.]`,
  );
});
