import { expect, test } from "vitest";
import { Histories } from "#data";
import { historyLength } from "./history-length.ts";

test("up to 5 training interactions are short, up to 20 medium, and the user's own row is counted", () => {
  const lengths = [1, 5, 6, 20, 21];
  const train = Histories.from(lengths.map((length) => new Int32Array(length).fill(1)));
  const context = { train, popularity: new Float32Array(2) };
  const names = lengths.map((_, user) => historyLength.parts[historyLength.partOf({ user, target: 1 }, context)].name);
  expect(names).toEqual(["short", "short", "medium", "medium", "long"]);
});
