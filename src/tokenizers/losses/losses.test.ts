import { expect, test } from "vitest";
import { fillNormal, Key } from "#random";
import { bool, float32 } from "#tensor";
import { computed } from "../../../test/suites/computed.ts";
import { barlowTwins, diversity, meanSquare } from "./index.ts";

const [ROWS, WAYS, WIDTH] = [6, 3, 4];
const data = new Float32Array(ROWS * WAYS * WIDTH);
fillNormal(Key.of(1), data, 1.5);
const shape = [ROWS, WAYS, WIDTH];
const inputs = { tokens: float32(data, shape), present: bool([1, 1, 0, 1, 1, 1], [ROWS]) };
const ALL = [0, 1, 2, 3, 4, 5];
const PRESENT = [0, 1, 3, 4, 5];
const PAIRS = [
  [0, 1],
  [0, 2],
  [1, 2],
];
const at = (row: number, way: number, k: number) => data[(row * WAYS + way) * WIDTH + k];

test("meanSquare is the mean of every present mean's square", async () => {
  const twin = (rows: readonly number[]) => {
    let sum = 0;
    for (const row of rows)
      for (let way = 0; way < WAYS; way++) for (let k = 0; k < WIDTH; k++) sum += at(row, way, k) ** 2;
    return sum / (rows.length * WAYS * WIDTH);
  };
  expect((await computed(({ tokens }) => meanSquare(tokens), { inputs })).data[0]).toBeCloseTo(twin(ALL), 5);
  const present = await computed((given) => meanSquare(given.tokens, given.present), { inputs });
  expect(present.data[0]).toBeCloseTo(twin(PRESENT), 5);
});

test("diversity is the mean squared cosine of an item's pairs of tokens", async () => {
  const twin = (rows: readonly number[]) => {
    let sum = 0;
    for (const row of rows) {
      for (const [a, b] of PAIRS) {
        let [inner, left, right] = [0, 0, 0];
        for (let k = 0; k < WIDTH; k++) {
          inner += at(row, a, k) * at(row, b, k);
          left += at(row, a, k) ** 2;
          right += at(row, b, k) ** 2;
        }
        sum += inner ** 2 / (left * right);
      }
    }
    return sum / (rows.length * PAIRS.length);
  };
  expect((await computed(({ tokens }) => diversity(tokens), { inputs })).data[0]).toBeCloseTo(twin(ALL), 5);
  const present = await computed((given) => diversity(given.tokens, given.present), { inputs });
  expect(present.data[0]).toBeCloseTo(twin(PRESENT), 5);
  const alike = { tokens: float32([1, 2, -2, -4], [1, 2, 2]) }; // opposite is as alike as equal
  expect((await computed(({ tokens }) => diversity(tokens), { inputs: alike })).data[0]).toBeCloseTo(1, 6);
});

/** Column k of a way over these rows, less its mean and over its deviation. */
function column(rows: readonly number[], way: number, k: number): number[] {
  const values = rows.map((row) => at(row, way, k));
  const mean = values.reduce((sum, value) => sum + value, 0) / rows.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / rows.length;
  return values.map((value) => (value - mean) / Math.sqrt(variance));
}

function barlow(rows: readonly number[]): number {
  let sum = 0;
  for (const [a, b] of PAIRS) {
    for (let i = 0; i < WIDTH; i++) {
      for (let j = 0; j < WIDTH; j++) {
        const [left, right] = [column(rows, a, i), column(rows, b, j)];
        const correlation = left.reduce((total, value, row) => total + value * right[row], 0) / rows.length;
        sum += i === j ? (correlation - 1) ** 2 : 0.005 * correlation ** 2;
      }
    }
  }
  return sum / WIDTH / PAIRS.length;
}

test("barlowTwins compares correlations over the batch with the identity, each pair of ways", async () => {
  expect((await computed(({ tokens }) => barlowTwins(tokens), { inputs })).data[0]).toBeCloseTo(barlow(ALL), 5);
  const present = await computed((given) => barlowTwins(given.tokens, given.present), { inputs });
  expect(present.data[0]).toBeCloseTo(barlow(PRESENT), 5);
});

test("barlowTwins can reach its optimum: equal ways of uncorrelated features cost nothing, however wide", async () => {
  const signs = [1, 1, 1, -1, -1, 1, -1, -1]; // four rows of two features, uncorrelated
  const twice = [0, 1, 2, 3].flatMap((row) => [
    ...signs.slice(row * 2, row * 2 + 2),
    ...signs.slice(row * 2, row * 2 + 2),
  ]);
  const tokens = float32(twice, [4, 2, 2]);
  expect((await computed((given) => barlowTwins(given.tokens), { inputs: { tokens } })).data[0]).toBeCloseTo(0, 6);
});
