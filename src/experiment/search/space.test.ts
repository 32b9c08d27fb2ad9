import { expect, test } from "vitest";
import { z } from "zod";
import { Key } from "#random";
import { Space } from "./space.ts";

const schema = z.strictObject({
  width: z.int().min(1).max(64).default(8),
  rate: z.number().positive().default(0.1),
  loss: z.enum(["ce", "bce"]).default("ce"),
});
const parse = (settings: Record<string, unknown>) => Space.parse("toy", schema, settings);
const draws = (settings: Record<string, unknown>, count = 2000) => {
  const space = parse(settings);
  return Array.from({ length: count }, (_, at) => space.draw(Key.of(1).fold(at)));
};

test("a list gives each of its values about as often, one value stays", () => {
  const found = draws({ loss: ["ce", "bce"], width: 4 });
  expect(found.every(({ width }) => width === 4)).toBe(true);
  const share = found.filter(({ loss }) => loss === "ce").length / found.length;
  expect(share).toBeGreaterThan(0.45); // 1/2 ± 4 standard deviations of .011
  expect(share).toBeLessThan(0.55);
});

test("a range of a whole number gives whole numbers, both ends as often as the middle", () => {
  const found = draws({ width: { min: 2, max: 5 } }).map(({ width }) => width);
  for (const width of [2, 3, 4, 5]) {
    expect(Math.abs(found.filter((one) => one === width).length - 500)).toBeLessThan(80); // 4 deviations of 19
  }
});

test("with log half of the draws lie below the geometric mean, without below the arithmetic one", () => {
  const log = draws({ rate: { min: 1e-4, max: 1e-2, log: true } }).map(({ rate }) => Number(rate));
  const flat = draws({ rate: { min: 1e-4, max: 1e-2 } }).map(({ rate }) => Number(rate));
  const below = (values: number[], middle: number) => values.filter((value) => value < middle).length / values.length;
  expect(below(log, 1e-3)).toBeCloseTo(0.5, 1);
  expect(below(flat, 5.05e-3)).toBeCloseTo(0.5, 1);
  expect(log.every((value) => value >= 1e-4 && value <= 1e-2 && Number(value.toPrecision(4)) === value)).toBe(true);
});

test("another option more changes none of the draws of the others", () => {
  const one = draws({ width: { min: 1, max: 64 } }, 20).map(({ width }) => width);
  expect(draws({ loss: ["ce", "bce"], width: { min: 1, max: 64 } }, 20).map(({ width }) => width)).toEqual(one);
});

test("what the schema refuses is refused, each with its reason", () => {
  const said = (settings: Record<string, unknown>) => {
    try {
      return parse(settings);
    } catch (cause) {
      return `${cause}`;
    }
  };
  expect([
    said({ widht: [1] }),
    said({ widht: { min: 1, max: 2 } }),
    said({ width: [4, 65] }),
    said({ width: [] }),
    said({ width: { min: 1, max: 65 } }),
    said({ width: { min: 1.5, max: 4 } }),
    said({ width: { min: 4, max: 4 } }),
    said({ width: { min: 1, mx: 4 } }),
    said({ rate: { min: 0.1, max: 4, log: 1 } }),
    said({ loss: { min: 0, max: 1 } }),
    said({ loss: "cee" }),
  ]).toMatchInlineSnapshot(`
    [
      "ConfigError: search space of toy: unknown key "widht", did you mean "width"? Known keys: width, rate, loss.",
      "ConfigError: search space of toy: unknown key "widht", did you mean "width"? Known keys: width, rate, loss.",
      "ConfigError: search space of toy: "width" = 65: Too big: expected number to be <=64.",
      "ConfigError: search space of toy: "width" = []: expected at least one value.",
      "ConfigError: search space of toy: "width" = 65: Too big: expected number to be <=64.",
      "ConfigError: search space of toy: "width" = 1.5: Invalid input: expected int, received number.",
      "ConfigError: search space of toy: "width": min = 4 is not below max = 4.",
      "ConfigError: search space of toy, "width": "max" = undefined: Invalid input: expected number, received undefined.",
      "ConfigError: search space of toy, "rate": "log" = 1: Invalid input: expected boolean, received number.",
      "ConfigError: search space of toy: "loss" has a range, and is no number. Expected a list of its values.",
      "ConfigError: search space of toy: "loss" = "cee": Invalid option: expected one of "ce"|"bce".",
    ]
  `);
  const wide = z.strictObject({ shift: z.number().default(0) });
  expect(() => Space.parse("toy", wide, { shift: { min: -1, max: 1, log: true } })).toThrowErrorMatchingInlineSnapshot(
    `[ConfigError: search space of toy: "shift": min = -1 has no logarithm; it must be above 0.]`,
  );
});
