import { expect, test } from "vitest";
import { compile } from "#tensor";
import { normals } from "../../test/suites/examples.ts";
import { labelledRows, languageLoss, UNLABELLED } from "./language-loss.ts";

const X = UNLABELLED;

test("a label belongs to the state before it; a text's first token has none; each weighs the same", () => {
  const { rows, targets, weights } = labelledRows([
    [5, X, 7, 8],
    [X, 1, X, X],
  ]);
  expect([...rows.data]).toEqual([1, 2, 4]);
  expect([...targets.data]).toEqual([7, 8, 1]);
  expect([...weights.data]).toEqual([1 / 3, 1 / 3, 1 / 3].map(Math.fround));
});

test("rows that fill up weigh nothing, and there is one row at least", () => {
  const { rows, weights } = labelledRows([[X, 2, 3, 4]], 4);
  expect([...rows.data]).toEqual([0, 1, 2, 0]);
  expect(weights.data[3]).toBe(0);
  expect([...labelledRows([[X, X]]).weights.data]).toEqual([0]);
});

test.each([1, 2, 128])("the mean of -log softmax over what is labelled, %i rows of logits at once", async (chunk) => {
  const [dim, vocabulary] = [3, 5];
  const labels = [
    [0, 4, X, 2],
    [X, X, 1, X],
  ];
  const [hidden, table] = [normals([2, 4, dim], "hidden"), normals([vocabulary, dim], "table")];
  await using compiled = compile(
    "language loss",
    ({ states, head, rows, targets, weights }) => {
      return { loss: languageLoss(states, head, { rows, targets, weights }, { chunk }) };
    },
    { runtime: { device: "cpu", threads: 1 } },
  );
  const { loss } = await compiled.run({ states: hidden, head: table, ...labelledRows(labels, 2) });
  let [sum, count] = [0, 0];
  labels.forEach((row, at) => {
    for (let t = 1; t < row.length; t++) {
      if (row[t] === X) continue;
      const logits = Array.from({ length: vocabulary }, (_, v) => {
        let product = 0;
        for (let d = 0; d < dim; d++) product += table.data[v * dim + d] * hidden.data[(at * 4 + t - 1) * dim + d];
        return product;
      });
      sum += Math.log(logits.reduce((total, logit) => total + Math.exp(logit), 0)) - logits[row[t]];
      count++;
    }
  });
  expect(count).toBe(3);
  expect(Number(loss.data[0])).toBeCloseTo(sum / count, 5);
});
