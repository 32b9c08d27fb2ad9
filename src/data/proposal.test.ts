import { expect, test } from "vitest";
import { Key, Stream } from "#random";
import { Histories } from "./histories.ts";
import { Proposal } from "./proposal.ts";

const key = Key.of(7);
// Item 1 is taken 8 times, item 2 once, item 3 never, item 4 27 times.
const train = Histories.from([Array(8).fill(1), [2, ...Array(27).fill(4)]]);

test("q is the training count to the power α, items nobody took counting as taken once", () => {
  // α = 1/3: weights 2, 1, 1, 3 of 7.
  const { probabilities } = Proposal.popular(train, 4, 1 / 3);
  [0, 2 / 7, 1 / 7, 1 / 7, 3 / 7].forEach((q, item) => {
    expect(probabilities[item]).toBeCloseTo(q, 12);
  });
  expect([...Proposal.popular(train, 4, 1).probabilities.subarray(1)]).toEqual([8 / 37, 1 / 37, 1 / 37, 27 / 37]);
  expect([...Proposal.popular(train, 4, 0).probabilities]).toEqual([0, 0.25, 0.25, 0.25, 0.25]);
});

test("items are drawn as often as q says, by alias", () => {
  const stream = new Stream(key.fold("counts"));
  const counts = Array.from({ length: 60 }, () => stream.below(200));
  const many = Histories.from(counts.map((count, at) => Array(count).fill(at + 1)));
  const proposal = Proposal.popular(many, 60, 0.75);
  const draws = 200_000;
  const drawn = new Float64Array(61);
  const { items, logQ } = proposal.sample(draws, key);
  for (const item of items.data) drawn[item]++;
  let chiSquare = 0;
  for (let item = 1; item <= 60; item++) {
    const expected = draws * proposal.probabilities[item];
    chiSquare += (drawn[item] - expected) ** 2 / expected;
  }
  expect(chiSquare).toBeLessThan(103); // 59 degrees of freedom: above it once in 3,000 keys
  for (const at of [0, 1, 2]) expect(logQ.data[at]).toBeCloseTo(Math.log(proposal.probabilities[items.data[at]]), 5);
});

test("the alias table holds q exactly: what it gives each item adds up to it", () => {
  // Every column and every hundredth of it, instead of chance.
  const proposal = Proposal.popular(train, 4, 1);
  const counts = [0, 0, 0, 0, 0];
  for (let column = 0; column < 4; column++) {
    for (let step = 0; step < 37; step++) {
      const scripted = { below: () => column, uniform: () => (step + 0.5) / 37 } as unknown as Stream; // as: all that draw asks
      counts[proposal.draw(scripted)]++;
    }
  }
  // 4 · 37 cells, of which item i gets 4 · its count.
  expect(counts).toEqual([0, 32, 4, 4, 108]);
});

test("the same key draws the same items, another key others; uniform needs no table", () => {
  const uniform = Proposal.uniform(1000);
  expect(uniform.sample(20, key)).toEqual(uniform.sample(20, key));
  expect(uniform.sample(20, key).items).not.toEqual(uniform.sample(20, Key.of(8)).items);
  expect(uniform.sample(3, key).logQ.data[0]).toBeCloseTo(-Math.log(1000), 5);
});

test("a power that is none is refused", () => {
  expect(() => Proposal.popular(train, 4, 1.5)).toThrowErrorMatchingInlineSnapshot(
    `[ConfigError: negatives: power = 1.5: expected a number from 0 (uniform) to 1 (as often as taken).]`,
  );
});
