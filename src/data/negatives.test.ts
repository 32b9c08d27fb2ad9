import { expect, test } from "vitest";
import { Key } from "#random";
import { Histories } from "./histories.ts";
import { Negatives, sharedNegatives } from "./negatives.ts";
import { Proposal } from "./proposal.ts";
import { leaveTwoOut } from "./split/leave-two-out.ts";

const key = Key.of(3);
const asked = (targets: number[], shape: number[], users: number[]) => ({
  targets: { dtype: "int32" as const, shape, data: Int32Array.from(targets) },
  users: Int32Array.from(users),
});

test("a negative is never something the user took in training, and is drawn only where there is a target", () => {
  const negatives = new Negatives(Histories.from([[3, 1, 3], [2]]), 5);
  const drawn = negatives.sample(asked([0, ...Array(199).fill(1), ...Array(200).fill(2)], [2, 200], [0, 1]), key);
  expect(drawn.shape).toEqual([2, 200]);
  expect(drawn.data[0]).toBe(0);
  expect(new Set(drawn.data.subarray(1, 200))).toEqual(new Set([2, 4, 5]));
  expect(new Set(drawn.data.subarray(200))).toEqual(new Set([1, 3, 4, 5]));
});

test("held-out items stay possible negatives", () => {
  const { train } = leaveTwoOut(Histories.from([[1, 2, 3]]));
  const drawn = new Negatives(train, 3).sample(asked(Array(100).fill(1), [1, 100], [0]), key);
  expect(new Set(drawn.data)).toEqual(new Set([2, 3]));
});

test("allowed items are drawn equally often", () => {
  const drawn = new Negatives(Histories.from([[2, 4]]), 6).sample(asked(Array(8000).fill(2), [1, 8000], [0]), key);
  const counts = [0, 0, 0, 0, 0, 0, 0];
  for (const item of drawn.data) counts[item]++;
  // 2,000 expected for each of 1, 3, 5, 6; the standard deviation is √(8000 · ¼ · ¾) = 39, four of them are 155.
  for (const item of [1, 3, 5, 6]) expect(Math.abs(counts[item] - 2000)).toBeLessThan(155);
});

test("several negatives a target stand on a third axis", () => {
  const drawn = new Negatives(Histories.from([[1]]), 9).sample(asked([1, 0], [1, 2], [0]), key, 3);
  expect(drawn.shape).toEqual([1, 2, 3]);
  expect([...drawn.data.subarray(3)]).toEqual([0, 0, 0]);
  expect(drawn.data.subarray(0, 3).every((item) => item >= 2 && item <= 9)).toBe(true);
});

test("a user who took the whole catalogue still gets items", () => {
  const drawn = new Negatives(Histories.from([[1, 2]]), 2).sample(asked([1], [1, 1], [0]), key);
  expect([1, 2]).toContain(drawn.data[0]);
});

test("the same key draws the same negatives", () => {
  const negatives = new Negatives(Histories.from([[1]]), 1000);
  const draw = (seed: number) => [...negatives.sample(asked([1, 1, 1], [1, 3], [0]), Key.of(seed)).data];
  expect(draw(1)).toEqual(draw(1));
  expect(draw(1)).not.toEqual(draw(2));
});

test("shared negatives are distinct items of the whole catalogue", () => {
  const drawn = sharedNegatives(50, 20, key).data;
  expect(new Set(drawn).size).toBe(20);
  expect(drawn.every((item) => item >= 1 && item <= 50)).toBe(true);
  expect([...sharedNegatives(4, 9, key).data].sort()).toEqual([1, 2, 3, 4]);
});

test("shared negatives favour no item", () => {
  const counts = new Int32Array(11);
  for (let trial = 0; trial < 2000; trial++)
    for (const item of sharedNegatives(10, 3, key.fold(trial)).data) counts[item]++;
  // 600 expected of each; the standard deviation is √(2000 · 0.3 · 0.7) = 20.5, four of them are 82.
  for (let item = 1; item <= 10; item++) expect(Math.abs(counts[item] - 600)).toBeLessThan(82);
});

test("by popularity, allowed items are drawn as often as the proposal says of what is left, and logQ is that", () => {
  // Counts 1, 8, 27 and 64 to the power 1/3: weights 1, 2, 3, 4. User 0 took item 3: 1/7, 2/7, 4/7 are left.
  const rest = [1, ...Array(8).fill(2), ...Array(26).fill(3), ...Array(64).fill(4)];
  const train = Histories.from([[3], rest]);
  const negatives = new Negatives(train, 4, Proposal.popular(train, 4, 1 / 3));
  const batch = asked([0, ...Array(6999).fill(3)], [1, 7000], [0]);
  const drawn = negatives.sample(batch, key);
  const counts = [0, 0, 0, 0, 0];
  for (const item of drawn.data) counts[item]++;
  expect(counts[3]).toBe(0);
  [1, 2, 4].forEach((weight) => {
    const [expected, q] = [1000 * weight, weight / 7];
    expect(Math.abs(counts[weight] - expected)).toBeLessThan(4 * Math.sqrt(7000 * q * (1 - q)));
  });
  const logQ = negatives.logQ(batch, drawn);
  expect(logQ.shape).toEqual([1, 7000]);
  expect(logQ.data[0]).toBe(0);
  drawn.data.subarray(1, 50).forEach((item, at) => {
    expect(logQ.data[at + 1]).toBeCloseTo(Math.log(item / 7), 5);
  });
});

test("who took nearly all that is ever drawn gets the rest, each as often as it should, in time", () => {
  // Item 1 has all but 3/100,003 of the mass: rejection alone would try 33,334 times a negative.
  const train = Histories.from([Array(100_000).fill(1), [2], [3, 3]]);
  const negatives = new Negatives(train, 3, Proposal.popular(train, 3, 1));
  const batch = asked(Array(600).fill(1), [1, 600], [0]);
  const drawn = negatives.sample(batch, key);
  const threes = drawn.data.filter((item) => item === 3).length;
  expect(threes + drawn.data.filter((item) => item === 2).length).toBe(600);
  expect(Math.abs(threes - 400)).toBeLessThan(4 * Math.sqrt(600 * (2 / 9)));
  expect(negatives.logQ(batch, drawn).data[0]).toBeCloseTo(Math.log(drawn.data[0] === 3 ? 2 / 3 : 1 / 3), 5);
});
