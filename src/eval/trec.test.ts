import { expect, test } from "vitest";
import { qrelsLine, runLines } from "./trec.ts";

const scoresOf = (lines: string) =>
  lines
    .trim()
    .split("\n")
    .map((line) => Number(line.split(" ")[4]));

test("a run's line holds user, Q0, item, rank, score and tag; a judgement's user, 0, item, 1", () => {
  expect(runLines("u1", ["a", "b"], Float32Array.of(2.5, -1), "sasrec")).toBe(
    "u1 Q0 a 1 2.5 sasrec\nu1 Q0 b 2 -1 sasrec\n",
  );
  expect(qrelsLine("u1", "a")).toBe("u1 0 a 1\n");
});

test("equal scores are written falling, and stay so for a reader with 32-bit floats, however many and wherever they lie", () => {
  const ties = (value: number) => Array.from({ length: 500 }, () => value);
  for (const value of [3e38, 1234.5678, 1, 0.1, 1e-20, 0, -1e-20, -1, -77.7]) {
    // What follows the ties lies so near that they sink below it.
    const scores = Float32Array.from([...ties(value), Math.fround(value) - Math.abs(value) * 1e-7, ...ties(value - 1)]);
    const read = scoresOf(runLines("u", Array.from(scores, String), scores, "tag")).map(Math.fround);
    expect(read.findIndex((score, at) => at > 0 && !(score < read[at - 1]))).toBe(-1);
    expect(read[0]).toBe(scores[0]);
  }
});

test("scores that fall by themselves are the model's to the last bit", () => {
  const scores = Float32Array.from({ length: 200 }, (_, at) => 7 / (at + 3));
  expect(scoresOf(runLines("u", Array.from(scores, String), scores, "t")).map(Math.fround)).toEqual([...scores]);
});

test("white space in ids is percent-encoded, and % with it, so that no two ids become one", () => {
  expect(qrelsLine("Ann Lee", "50%20\tx")).toBe("Ann%20Lee 0 50%2520%09x 1\n");
});
