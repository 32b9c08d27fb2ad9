import { expect, test } from "vitest";
import { ShapeError } from "#base";
import { addDims, broadcastShapes, evaluateDim, factors, mergeDims, normaliseAxis, sizeOf, termsOf } from "./shape.ts";

test("shapes broadcast from the right: equal axes stay, an axis of 1 stretches, missing ones count as 1", () => {
  expect(broadcastShapes("add", [4, 1, 3], [2, 1])).toEqual([4, 2, 3]);
  expect(broadcastShapes("add", [], [2])).toEqual([2]);
  expect(broadcastShapes("add", [0, 3], [1, 3])).toEqual([0, 3]);
  expect(broadcastShapes("add", ["B", "T", 1], ["T", 8])).toEqual(["B", "T", 8]);
});

test("shapes that do not broadcast are an error that names both axes", () => {
  expect(() => broadcastShapes("add", [2, 3], [4])).toThrow(ShapeError);
  expect(() => broadcastShapes("add", [2, 3], [4])).toThrowErrorMatchingInlineSnapshot(
    `[ShapeError: add: expected shapes that broadcast, got [2, 3] and [4]. From the right, each pair of axes must be equal or one of them 1; here 3 meets 4.]`,
  );
  // A name equals itself only: B may be 2 today and 3 tomorrow.
  expect(() => broadcastShapes("where", ["B", 3], [2, 3], [3])).toThrowErrorMatchingInlineSnapshot(
    `[ShapeError: where: expected shapes that broadcast, got [B, 3] and [2, 3] and [3]. From the right, each pair of axes must be equal or one of them 1; here B meets 2.]`,
  );
  expect(() => broadcastShapes("add", [0], [3])).toThrowErrorMatchingInlineSnapshot(
    `[ShapeError: add: expected shapes that broadcast, got [0] and [3]. From the right, each pair of axes must be equal or one of them 1; here 0 meets 3.]`,
  );
});

test("axes count from the end when negative, and must exist", () => {
  expect([normaliseAxis("sum", -1, 3), normaliseAxis("sum", 0, 3)]).toEqual([2, 0]);
  expect(() => normaliseAxis("sum", 3, 3)).toThrowErrorMatchingInlineSnapshot(
    `[ShapeError: sum: axis 3 does not exist in a tensor of rank 3. Expected -3 to 2.]`,
  );
  expect(() => normaliseAxis("sum", 0.5, 3)).toThrowErrorMatchingInlineSnapshot(
    `[ShapeError: sum: axis 0.5 does not exist in a tensor of rank 3. Expected -3 to 2.]`,
  );
  expect(() => normaliseAxis("softmax", -1, 0)).toThrowErrorMatchingInlineSnapshot(
    `[ShapeError: softmax: axis -1 does not exist in a tensor of rank 0. It has no axes.]`,
  );
});

test("merged axes multiply numbers and join names, in one order whatever came first", () => {
  expect(mergeDims([2, 3, 4])).toBe(24);
  expect(mergeDims([])).toBe(1);
  expect(mergeDims(["T", 2, "B", 3])).toBe("6*B*T");
  expect(mergeDims(["B", "T"])).toBe(mergeDims(["T", "B"]));
  expect(mergeDims(["2*B", 3])).toBe("6*B");
  expect(mergeDims(["B", 0])).toBe(0);
});

test("a sum of axes is one factor of a product", () => {
  expect(addDims([2, 3])).toBe(5);
  expect(addDims(["past", "T"])).toBe("past+T");
  expect(addDims([0, "T"])).toBe("T");
  expect(mergeDims(["past+T"])).toBe("past+T");
  expect(mergeDims([4, "past+T"])).toBe("4*(past+T)");
  expect(mergeDims(["4*(past+T)", "B"])).toBe("4*(past+T)*B");
  expect(factors(["past+T", 4])).toEqual(factors(["4*(past+T)"]));
  expect(termsOf("4*(past+T)+1", "+")).toEqual(["4*(past+T)", "1"]);
});

test("a joined axis has the size its parts have in a run", () => {
  const sizes = new Map([
    ["past", 10],
    ["T", 2],
    ["B", 3],
  ]);
  expect(evaluateDim("4*(past+T)+B", sizes)).toBe(4 * 12 + 3);
  expect(evaluateDim("B*T", sizes)).toBe(6);
  expect(evaluateDim(5, sizes)).toBe(5);
  expect(evaluateDim("L", sizes)).toBeUndefined();
});

test("the size of a shape with names is not asked for while tracing", () => {
  expect(() => sizeOf([2, "B"])).toThrow("internal: the size of [2, B] is known only at a run");
});
