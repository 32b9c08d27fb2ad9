import { expect, test } from "vitest";
import { Key } from "#random";
import { chooseToken, surprise, topTokens } from "./sampling.ts";

const LOGITS = Float32Array.of(1, 3, 2, 3, -1);

/** How often each token is drawn. */
function shares(sampling: Parameters<typeof chooseToken>[1], allowed?: readonly number[]): number[] {
  const counts = new Array<number>(LOGITS.length).fill(0);
  for (let draw = 0; draw < 4000; draw++) counts[chooseToken(LOGITS, sampling, Key.of(draw), allowed)] += 1 / 4000;
  return counts;
}

test("temperature 0 takes the largest, the first of equals, and only what is allowed", () => {
  expect(chooseToken(LOGITS, {}, Key.of(1))).toBe(1);
  expect(chooseToken(LOGITS, {}, Key.of(1), [4, 0, 2])).toBe(2);
});

test("temperature 1 draws from the softmax, a higher one more evenly", () => {
  const expected = (t: number) => {
    const weights = [...LOGITS].map((logit) => Math.exp(logit / t));
    const total = weights.reduce((a, b) => a + b);
    return weights.map((weight) => weight / total);
  };
  for (const temperature of [1, 4]) {
    const wanted = expected(temperature);
    shares({ temperature }).forEach((share, token) => {
      const error = Math.sqrt((wanted[token] * (1 - wanted[token])) / 4000); // of a share over 4,000 draws
      expect(Math.abs(share - wanted[token])).toBeLessThan(4 * error);
    });
  }
});

test("topK keeps the largest, topP the fewest that reach it, allowed tokens come first", () => {
  const drawn = (found: number[]) => found.flatMap((share, token) => (share > 0 ? [token] : []));
  expect(drawn(shares({ temperature: 3, topK: 2 }))).toEqual([1, 3]);
  // softmax of [1, 3, 2, 3, -1] is about [.05, .40, .15, .40, .01]: two reach .75, three .9
  expect(drawn(shares({ temperature: 1, topP: 0.75 }))).toEqual([1, 3]);
  expect(drawn(shares({ temperature: 1, topP: 0.9 }))).toEqual([1, 2, 3]);
  expect(drawn(shares({ temperature: 1, topP: 1e-9 }))).toEqual([1]);
  expect(drawn(shares({ temperature: 3, topK: 1 }, [0, 4]))).toEqual([0]);
});

test("the largest tokens with their logits; surprise is the negative log of the softmax", () => {
  expect(topTokens(LOGITS, 3)).toEqual([
    [1, 3],
    [3, 3],
    [2, 2],
  ]);
  expect(topTokens(LOGITS, 9).length).toBe(5);
  expect(surprise(Float32Array.of(0, 0, 0, 0), 2)).toBeCloseTo(Math.log(4), 12);
  expect(surprise(Float32Array.of(1000, 0), 0)).toBe(0); // no overflow
});
