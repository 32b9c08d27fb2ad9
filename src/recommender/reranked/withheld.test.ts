import { expect, test } from "vitest";
import { inFold } from "#data";
import { float32 } from "#tensor";
import type { Computed } from "../contract.ts";
import { innerFits, innerOf, withholding } from "./withheld.ts";

const stage = (name: string, more: Partial<Computed> = {}): Computed => ({
  ...{ kind: "computed", name, compute: async () => ({ arrays: {} }) },
  ...more,
});
const stages = [stage("words", { catalogueOnly: true }), stage("counts", { withhold: 1 })];

test("everyone's last items are withheld from one fit and no other", () => {
  const fits = innerFits(3, 2);
  for (let user = 0; user < 6; user++) expect(fits.filter(({ fold }) => inFold(user, fold))).toHaveLength(1);
  const copies = fits.flatMap((fit) => withholding(stages, fit));
  expect(copies.map(({ name, withhold }) => [name, withhold])).toEqual([
    ["inner-1-counts", 3], // what it withholds itself beside the two; the catalogue is read once, before all fits
    ["inner-2-counts", 3],
    ["inner-3-counts", 3],
  ]);
});

test("a single fit withholds from everyone, and has the name that runs of before know", () => {
  const [fit, ...others] = innerFits(1, 1);
  expect(others).toEqual([]);
  expect([0, 1, 2].every((user) => inFold(user, fit.fold))).toBe(true);
  expect(withholding(stages, fit).map(({ name }) => name)).toEqual(["inner-counts"]);
});

test("a fit's copies find what its own left, under the names they know, and what all share", async () => {
  const [first, second] = innerFits(2, 1);
  const artifact = (value: number) => ({ arrays: { value: float32([value], [1]) } });
  const earlier = { words: artifact(0), "inner-1-counts": artifact(1), "inner-2-counts": artifact(2) };
  expect(innerOf(stages, earlier, first)).toEqual({ words: artifact(0), counts: artifact(1) });
  expect(innerOf(stages, earlier, second)).toEqual({ words: artifact(0), counts: artifact(2) });
});
