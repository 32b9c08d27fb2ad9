import { expect, test } from "vitest";
import { bytes, clock, count, day, duration, figure, percent, splitText, table } from "./words.ts";

test("numbers as people read them", () => {
  expect([count(198502), figure(0.05241), percent(0.806), bytes(956e6), bytes(1.44e9)]).toEqual([
    "198,502",
    "0.0524",
    "81 %",
    "956 MB",
    "1.4 GB",
  ]);
  expect([3.14, 59.6, 99, 725].map(duration)).toEqual(["3.1 s", "60 s", "99 s", "12:05 min"]);
  expect([7, 725, 11_400, Number.POSITIVE_INFINITY].map(clock)).toEqual(["0:07", "12:05", "3:10:00", "?"]);
});

test("a split that is not the usual one, in a sentence", () => {
  expect(splitText(undefined)).toBe("");
  expect(splitText({ name: "ratio", at: [0.8, 0.9] })).toBe(", split by ratio at 80 % and 90 %");
  const times = [1388534400, 1404172800] as const;
  expect(splitText({ name: "temporal", times })).toBe(", split by temporal on 2014-01-01 and 2014-07-01");
  expect(day(1e300)).toBe("1e+300");
});

test("columns of numbers stand to the right, words to the left", () => {
  expect(
    table(
      ["model", "HR@10"],
      [
        ["popularity", "0.04"],
        ["sasrec", "10.5"],
      ],
    ),
  ).toBe(["model       HR@10", "──────────  ─────", "popularity   0.04", "sasrec       10.5"].join("\n"));
});
