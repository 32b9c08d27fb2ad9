import { expect, test } from "vitest";
import { bySeed, type Made } from "./seeds.ts";

function made(change: Partial<Made> = {}): Made {
  const versions = { deftrec: "0.1.0", node: "20", onnxruntime: null };
  return { model: "sasrec", config: { dim: 8 }, seed: 1, maskHistory: true, fitOn: "train", versions, ...change };
}

test("runs that differ by their seed alone are one model, in the order in which models first come", () => {
  const other = { model: "transitions", config: {} };
  expect(bySeed([made(), made(other), made({ seed: 2 }), made({ ...other, seed: 9 }), made({ seed: 3 })])).toEqual([
    [0, 2, 4],
    [1, 3],
  ]);
});

test("another option, mask or version is another model; another Node.js is not", () => {
  const versions = made().versions;
  expect(bySeed([made(), made({ seed: 2, config: { dim: 9 } })])).toHaveLength(2);
  expect(bySeed([made(), made({ seed: 2, maskHistory: false })])).toHaveLength(2);
  expect(bySeed([made(), made({ seed: 2, versions: { ...versions, deftrec: "0.2.0" } })])).toHaveLength(2);
  expect(bySeed([made(), made({ seed: 2, versions: { ...versions, node: "24" } })])).toHaveLength(1);
});

test("a seed that is there already is no second draw: the run stands beside it", () => {
  expect(bySeed([made(), made(), made({ seed: 2 })])).toEqual([[0, 2], [1]]);
});
