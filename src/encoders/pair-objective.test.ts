import { expect, test } from "vitest";
import { Histories } from "#data";
import { Key } from "#random";
import { float32, int32 } from "#tensor";
import { computed } from "../../test/suites/computed.ts";
import { type PairOptions, pairExamples, pairObjective, pairSteps } from "./pair-objective.ts";

const users = [
  [1, 2],
  [-1, 0.5],
];
const items = [
  [0.5, 0.25],
  [2, -1],
];
const others = [
  [1, -1],
  [0, 3],
];
const options: PairOptions = { loss: "bpr", negatives: 2, temperature: 0, batchSize: 2 };
const dot = (a: readonly number[], b: readonly number[]) => a[0] * b[0] + a[1] * b[1];
const cosine = (a: readonly number[], b: readonly number[]) => dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));

async function objective(given: PairOptions, indices = { items: [1, 2], negatives: [3, 4] }): Promise<number> {
  const table = (rows: readonly number[][]) => float32(rows.flat(), [2, 2]);
  const inputs = {
    users: table(users),
    items: table(items),
    others: table(others),
    itemIndices: int32(indices.items, [2]),
    otherIndices: int32(indices.negatives, [2]),
  };
  const loss = await computed(
    (x) =>
      pairObjective(
        { users: x.users, items: x.items, negatives: x.others },
        { items: x.itemIndices, negatives: x.otherIndices },
        given,
        10,
      ),
    { inputs },
  );
  return Number(loss.data[0]);
}

test("bpr contrasts each pair with its own negative", async () => {
  const costs = users.map((user, at) => Math.log(1 + Math.exp(dot(user, others[at]) - dot(user, items[at]))));
  expect(await objective(options)).toBeCloseTo((costs[0] + costs[1]) / 2, 5);
});

test.each([
  { temperature: 0, score: dot },
  { temperature: 0.5, score: (a: readonly number[], b: readonly number[]) => cosine(a, b) / 0.5 },
])(
  "sampled softmax at temperature $temperature contrasts each pair with all negatives",
  async ({ temperature, score }) => {
    const costs = users.map((user, at) => {
      const wrong = others.map((other) => Math.exp(score(user, other)) * (10 / 2)); // two of ten items were drawn
      const right = Math.exp(score(user, items[at]));
      return Math.log(right + wrong[0] + wrong[1]) - Math.log(right);
    });
    const found = await objective({ ...options, loss: "sampled-softmax", temperature });
    expect(found).toBeCloseTo((costs[0] + costs[1]) / 2, 5);
  },
);

test("an item that is among the shared negatives is not contrasted with itself", async () => {
  const softmax = { ...options, loss: "sampled-softmax" } as const;
  const user = users[0];
  const first = Math.log(Math.exp(dot(user, items[0])) + 5 * Math.exp(dot(user, others[1]))) - dot(user, items[0]);
  const right = dot(users[1], items[1]);
  const wrong = others.map((other) => 5 * Math.exp(dot(users[1], other)));
  const second = Math.log(Math.exp(right) + wrong[0] + wrong[1]) - right;
  const found = await objective(softmax, { items: [3, 2], negatives: [3, 4] });
  expect(found).toBeCloseTo((first + second) / 2, 5);
});

test("bpr's negatives are items their user never took, drawn anew for every step and epoch", () => {
  const rows = [
    [1, 2, 3],
    [4, 5],
  ];
  const histories = Histories.from(rows);
  const epoch = (seed: number) => [...pairExamples(histories, 8, options, Key.of(seed))];
  expect(epoch(1)).toHaveLength(pairSteps(histories, options));
  for (const { users: who, negatives } of epoch(1)) {
    who.data.forEach((user, at) => {
      expect(rows[user]).not.toContain(negatives.data[at]);
    });
  }
  expect(epoch(1)).toEqual(epoch(1));
  expect(epoch(1)).not.toEqual(epoch(2));
});

test("sampled softmax shares distinct negatives, at most the catalogue", () => {
  const softmax = { ...options, loss: "sampled-softmax", negatives: 100 } as const;
  const [{ negatives }] = pairExamples(Histories.from([[1, 2]]), 8, softmax, Key.of(1));
  expect([...negatives.data].sort()).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
});
