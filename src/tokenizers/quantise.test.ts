import { expect, test } from "vitest";
import { Embedding, Weights } from "#nn";
import { Key } from "#random";
import { bool, float32 } from "#tensor";
import { computed } from "../../test/suites/computed.ts";
import { nearestCodes, quantisationLoss } from "./quantise.ts";

test("the nearest code is chosen by distance, not by product: a long code does not draw everything", async () => {
  const weights = Weights.draw(Key.of(1));
  const book = new Embedding(weights, 3, 2);
  const parameters = { weight: float32([1, 0, 9, 9, 0, 1], [3, 2]) };
  const inputs = { z: float32([0.9, 0.2, 0.1, 0.6, 6, 7, 0.5, 0.5], [4, 2]) };
  const codes = await computed(({ z }) => nearestCodes(z, book), { inputs, parameters });
  expect([...codes.data]).toEqual([0, 2, 1, 0]); // the last is as far from 0 as from 2
});

test("the loss is 1.25 times the mean square, over the rows that are present", async () => {
  const inputs = {
    z: float32([1, 2, 3, 4], [2, 2]),
    q: float32([1, 0, 9, 9], [2, 2]),
    present: bool([1, 0], [2]),
  };
  const loss = await computed(({ z, q, present }) => quantisationLoss(z, q, present), { inputs });
  expect(loss.data[0]).toBeCloseTo((1.25 * 4) / 2, 6);
});
