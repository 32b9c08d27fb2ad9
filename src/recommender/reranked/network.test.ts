import { expect, test } from "vitest";
import { Weights } from "#nn";
import { Key, Stream } from "#random";
import { compile, float32, int32 } from "#tensor";
import { packed } from "./examples.ts";
import { ListwiseNets } from "./network.ts";

const [F, C, NETS] = [3, 6, 2];
const ABSENT = -1e9;
const stream = new Stream(Key.of(5).fold("network"));
const drawn = (length: number) => Float32Array.from({ length }, () => stream.uniform() * 2 - 1);
/** Four and five candidates; of the former the last two were taken before, of the latter none. */
const lists = [
  { features: drawn(4 * F), fresh: 2, target: 3 },
  { features: drawn(5 * F), fresh: 5, target: 1 },
];
const batch = packed(lists, C, F);
const ofKind = ([ABSENT, ABSENT, 0, 0, 0, 0] as const).concat([0, 0, 0, 0, 0, ABSENT]);

/** As they are drawn the nets are linear: the last map of each starts at 0. */
const weights = Weights.draw(Key.of(3));
const measured = { mean: new Float32Array(F).fill(0.1), deviation: new Float32Array(F).fill(0.5) };
const nets = new ListwiseNets(weights, F, { nets: NETS, hidden: 4 }, measured);
const options = { runtime: { device: "cpu", threads: 1 }, parameters: weights.arrays } as const;

/** Shares of one list by one net, in loops. */
function sharesOf(group: "nets" | "odds", at: number, features: Float32Array): number[] {
  const weight = weights.arrays[`${group}.${at}.straight.weight`].data;
  const raised = Array.from({ length: features.length / F }, (_, row) => {
    let score = Number(weights.arrays[`${group}.${at}.straight.bias`].data[0]);
    for (let k = 0; k < F; k++) score += (Number(weight[k]) * (features[row * F + k] - 0.1)) / 0.5;
    return Math.exp(score);
  });
  return raised.map((share) => share / total(raised));
}

/** The same, the mean over the nets of a group. */
function meanShares(group: "nets" | "odds", features: Float32Array): number[] {
  const each = Array.from({ length: NETS }, (_, at) => sharesOf(group, at, features));
  return each[0].map((_, row) => total(each.map((shares) => shares[row])) / NETS);
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

test("the nets of the odds say how likely something new is, the others which item of a kind it is", async () => {
  const program = compile(
    "network.scores",
    ({ features, mask, again }) => ({ scores: nets.scores(features, mask, again) }),
    options,
  );
  const { scores } = await program.run(batch);
  lists.forEach(({ features, fresh }, row) => {
    const [order, odds] = [meanShares("nets", features), meanShares("odds", features)];
    const told = Array.from(order, (_, at) => Math.exp(Number(scores.data[row * C + at])));
    order.forEach((share, at) => {
      const [from, to] = at < fresh ? [0, fresh] : [fresh, order.length];
      expect(told[at]).toBeCloseTo((share / total(order.slice(from, to))) * total(odds.slice(from, to)), 5);
    });
    expect(total(told)).toBeCloseTo(1, 5);
  });
  await program[Symbol.asyncDispose]();
});

test("the loss is cross-entropy among the list and among the kind, and of the kind by the nets of the odds", async () => {
  const program = compile(
    "network.loss",
    ({ features, mask, kind, targets }) => ({ loss: nets.loss(features, mask, kind, targets) }),
    options,
  );
  const { features, mask } = batch;
  const targets = int32(
    lists.map(({ target }) => target),
    [2],
  );
  const { loss } = await program.run({ features, mask, kind: float32(ofKind, [2, C]), targets });
  let expected = 0;
  for (const { features, fresh, target } of lists) {
    for (let at = 0; at < NETS; at++) {
      const [order, odds] = [sharesOf("nets", at, features), sharesOf("odds", at, features)];
      const [from, to] = target < fresh ? [0, fresh] : [fresh, order.length];
      expected -= Math.log(order[target]) + Math.log(order[target] / total(order.slice(from, to)));
      expected -= Math.log(total(odds.slice(from, to)));
    }
  }
  expect(Number(loss.data[0])).toBeCloseTo(expected / lists.length, 4);
  await program[Symbol.asyncDispose]();
});
