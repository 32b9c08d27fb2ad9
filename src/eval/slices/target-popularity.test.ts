import { expect, test } from "vitest";
import { Histories } from "#data";
import { targetPopularity } from "./target-popularity.ts";

test("five training interactions are still cold, six are warm", () => {
  const context = { train: Histories.from([]), popularity: Float32Array.of(0, 0, 5, 6) };
  const names = [1, 2, 3].map(
    (target) => targetPopularity.parts[targetPopularity.partOf({ user: 0, target }, context)].name,
  );
  expect(names).toEqual(["cold", "cold", "warm"]);
});
