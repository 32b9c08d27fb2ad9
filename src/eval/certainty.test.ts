import { expect, test } from "vitest";
import { certaintyOf, probabilityKind } from "./certainty.ts";

const row = (...scores: number[]) => Float32Array.of(-Infinity, ...scores);

test("logits of ln 1, ln 2 and ln 5 are eighths; a masked item has no share", () => {
  const scores = row(Math.log(1), Math.log(2), -Infinity, Math.log(5));
  const { first, logTarget, hit } = certaintyOf(scores, 2, 2, "logits");
  expect(first).toBeCloseTo(5 / 8, 6);
  expect(logTarget).toBeCloseTo(Math.log(2 / 8), 6);
  expect(hit).toBe(false);
});

test("a mass is divided by its sum", () => {
  const { first, logTarget, hit } = certaintyOf(row(0.1, -Infinity, 0.3, 0), 3, 1, "mass");
  expect(first).toBeCloseTo(3 / 4, 6);
  expect(logTarget).toBeCloseTo(Math.log(3 / 4), 6);
  expect(hit).toBe(true);
});

test("a target far below the first keeps its logarithm, one that is masked has none", () => {
  expect(certaintyOf(row(0, -300), 2, 2, "logits").logTarget).toBe(-300); // e^-300 is no 32-bit number
  expect(certaintyOf(row(0, -Infinity), 2, Number.POSITIVE_INFINITY, "logits").logTarget).toBe(-Infinity);
  expect(certaintyOf(row(1, -Infinity), 2, Number.POSITIVE_INFINITY, "mass").logTarget).toBe(-Infinity);
});

test("scores are probabilities where experts are fused, or where one says that it speaks in logits", () => {
  expect(probabilityKind({ experts: { a: "mass", b: "logits" } }, true)).toBe("mass");
  expect(probabilityKind({ experts: { a: "logits", b: "mass" } }, false)).toBe(undefined);
  expect(probabilityKind({ experts: { a: "logits" } }, false)).toBe("logits");
  expect(probabilityKind({ experts: { a: "mass" } }, false)).toBe(undefined);
  expect(probabilityKind({}, false)).toBe(undefined);
});
