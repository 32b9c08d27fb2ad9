import { expect, test } from "vitest";
import type { Gap } from "./deftrec-gaps.ts";
import { lineOf, referencesOf, rowsOf } from "./deftrec-rows.ts";
import { deftrecTables } from "./deftrec-table.ts";
import type { Result } from "./results.ts";

const result = (row: string, seed: number, ndcg: number, ask = "", more: Partial<Result> = {}): Result => ({
  set: "lastfm",
  row,
  ask,
  seed,
  valid: ndcg * 2,
  masked: {
    "HR@10": 0.5,
    "NDCG@10": ndcg,
    "HR@20": 0.6,
    "NDCG@20": 0.3,
    "HR@50": 0.7,
    "HR@100": 0.8,
    "coverage@10": 1,
  },
  seconds: 2,
  askSeconds: 1,
  peakMemoryBytes: 3 * 2 ** 20,
  commit: "abc",
  machine: "a CPU",
  ...more,
});
const gap = (a: string, b: string, difference: number, low: number, high: number): Gap => {
  return { set: "lastfm", history: "masked", a, b, metric: "NDCG@10", seeds: [2, 2], difference, low, high, p: 0.01 };
};
const linesOf = (text: string, start: RegExp) => text.split("\n").filter((line) => start.test(line));

test("the best line stands first, with what the default is better by; a difference that may be none is not bold", () => {
  const results = [
    result("default", 1, 0.2),
    result("default", 2, 0.4),
    result("fast", 1, 0.5),
    result("fused", 1, 0.1),
  ];
  const gaps = [gap("default", "fast", -0.2, -0.3, -0.1), gap("default", "fused", 0.2, -0.01, 0.3)];
  const text = deftrecTables({ results, gaps }, []);
  expect(linesOf(text, /^\| (default|fast|fused) \|/)).toEqual([
    "| fast | 1 | 1.0000 | .5000 | .5000 | .6000 | .3000 | .7000 | .8000 | 1.0000 | **−.2000 [−.3000, −.1000]** | 2 | 3 |",
    // deviation of .2 and .4 is √(2 · .01) = .1414, of .4 and .8 twice that
    "| default | 2 | .6000 ± .2828 | .5000 ± .0000 | .3000 ± .1414 | .6000 ± .0000 | .3000 ± .0000 | .7000 ± .0000 | .8000 ± .0000 | 1.0000 ± .0000 |  | 2 | 3 |",
    "| fused | 1 | .2000 | .5000 | .1000 | .6000 | .3000 | .7000 | .8000 | 1.0000 | +.2000 [−.0100, +.3000] | 2 | 3 |",
  ]);
});

test("what was not run is not there: no line, no table of its own, no difference", () => {
  const text = deftrecTables({ results: [result("default", 1, 0.2)], gaps: [] }, []);
  expect(text).not.toMatch(/Parts changed|one-step generator|History kept|\| (fused|sasrec) /);
});

test("a baseline without results of its own is quality.json's", () => {
  const { ask: _, askSeconds: __, commit: ___, ...ease } = result("ease", 1, 0.25);
  const text = deftrecTables({ results: [result("default", 1, 0.2)], gaps: [] }, [ease, { ...ease, row: "gru4rec" }]);
  expect(linesOf(text, /^\| (ease|gru4rec|default) /).map((line) => line.slice(0, 10))).toEqual([
    "| ease | 1",
    "| default ",
  ]);
});

test("the generators stand in pairs with their difference, an ablation beside what it changes", () => {
  const more = { masked: { ...result("", 1, 0.1).masked, ECE: 0.05 } };
  const results = [
    result("fused", 1, 0.3, "alone", more),
    result("one-step", 1, 0.2, "alone", { masked: { ...more.masked, ECE: 0.08, "NDCG@10": 0.2 } }),
    result("mask=0", 1, 0.25),
    result("mask=0", 1, 0.22, "alone"),
  ];
  const text = deftrecTables({ results, gaps: [gap("fused · alone", "mask=0 · alone", 0.08, 0.01, 0.1)] }, []);
  expect(linesOf(text, /^\| difference/)).toEqual([
    "| difference | +.0000 | −.1000 | +.0000 | +.0000 | +.0000 |  |  |  | −.0300 |  |",
  ]);
  expect(linesOf(text, /^\| mask=0/)).toEqual(["| mask=0 | 1 | .2500 |  | .2200 | **+.0800 [+.0100, +.1000]** |"]);
});

test("a language model stands beside the compact backbone, with what it says and how it answers by words", () => {
  const software = (...given: Parameters<typeof result>) => ({ ...result(...given), set: "software" });
  const results = [
    software("fused", 1, 0.3),
    software("fused", 1, 0.2, "alone"),
    software("llm lora", 1, 0.25, "", { unmasked: { "NDCG@10": 0.35 } }),
    software("llm lora", 1, 0.22, "alone"),
    software("llm lora", 1, 0.05, "alone retrieval=text"),
    software("llm lora", 1, 0.25, "responses", { responses: { valid: 1, right: 0.4 } }),
  ];
  const gaps = [{ ...gap("fused", "llm lora", 0.05, 0.01, 0.1), set: "software" }];
  expect(linesOf(deftrecTables({ results, gaps }, []), /^\| (the compact|llm)/)).toEqual([
    "| the compact backbone (`fused`) | 1 | .3000 |  |  | .2000 |  |  |  |  |  |  | 2 | 3 |",
    "| llm lora | 1 | .2500 | **+.0500 [+.0100, +.1000]** | .3500 | .2200 |  |  | .0500 |  | 1.0000 | .4000 | 2 | 3 |",
  ]);
});

test("every reference of a line is a line of the same log, and the default is nobody's ablation", () => {
  for (const set of ["software", "lastfm", "beauty"]) {
    const rows = rowsOf(set, { encoder: "encoder", llm: "llm" });
    const lines = rows.flatMap(({ name, asks }) => asks.map((ask) => lineOf(name, ask.name)));
    expect(new Set(lines).size).toBe(lines.length);
    for (const row of rows)
      for (const ask of row.asks) expect(lines).toEqual(expect.arrayContaining(referencesOf(row, ask)));
  }
  const row = (name: string) => rowsOf("lastfm").find((one) => one.name === name) ?? expect.unreachable();
  expect(referencesOf(row("default"), { name: "", flags: [] })).toEqual([]);
  expect(referencesOf(row("one-step"), { name: "alone samples=16", flags: [] })).toEqual([
    "fused · alone samples=16",
    "one-step · alone",
  ]);
  expect(referencesOf(row("mask=0"), { name: "alone", flags: [] })).toEqual(["fused · alone"]);
});
