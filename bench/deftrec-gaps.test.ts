import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { differencesOf, type Gap, mergedGaps, readRanks } from "./deftrec-gaps.ts";

test("a rank that is not there is out of reach, and ids may hold commas", async () => {
  const folder = await mkdtemp(join(tmpdir(), "gaps-"));
  try {
    const path = join(folder, "ranks.csv");
    expect(await readRanks(path)).toBe(undefined);
    await writeFile(path, 'user,rank\na,3\n"b, c",\n');
    expect(await readRanks(path)).toEqual({ users: 'a\n"b, c"', ranks: Float64Array.of(3, Number.POSITIVE_INFINITY) });
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("a line that is always first is better by 1 minus the other's mean over its seeds, and never by less", () => {
  const best = Float64Array.from({ length: 40 }, () => 1);
  const half = best.map((_, user) => (user % 2 === 0 ? 1 : 60)); // HR@10 is 1/2, within 100 always
  const never = best.map(() => 200);
  const { "HR@10": hits, "HR@100": deep } = differencesOf([best], [half, never]);
  expect(hits.difference).toBe(1 - 0.25);
  expect(hits.low).toBeGreaterThan(0);
  expect(deep.difference).toBe(0.5); // one seed never, one always
});

test("a gap of fewer seeds does not take the place of one of more, one of as many does", () => {
  const gap = (b: string, seeds: [number, number], difference: number): Gap => {
    return {
      set: "s",
      history: "masked",
      a: "default",
      b,
      metric: "NDCG@10",
      seeds,
      difference,
      low: 0,
      high: 0,
      p: 1,
    };
  };
  const merged = mergedGaps(
    [gap("x", [3, 3], 1), gap("y", [1, 1], 2)],
    [gap("x", [2, 1], 3), gap("y", [1, 1], 4), gap("z", [1, 1], 5)],
  );
  expect(merged.map(({ b, difference }) => [b, difference])).toEqual([
    ["x", 1],
    ["y", 4],
    ["z", 5],
  ]);
});
