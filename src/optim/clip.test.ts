import { expect, test } from "vitest";
import { float32 } from "#tensor";
import { adam, Chain, chain, clipGlobalNorm } from "./index.ts";

const parameters = () => ({ a: float32([0, 0], [2]), b: float32([0, 0, 0, 0], [2, 2]) });

/** Runs one step and tells the factor each gradient was left with. */
function factors(limit: number, gradients: Parameters<Chain["update"]>[1], of?: (address: string) => boolean) {
  const seen: Record<string, number> = {};
  const spy = new Chain([
    {
      apply: (update) => {
        for (const { address, scale } of update.gradients) seen[address] = scale;
        return {};
      },
    },
  ]);
  const figures = chain(clipGlobalNorm(limit, of), spy).update(parameters(), gradients, {}, 3);
  return { seen, norm: figures.gradientNorm };
}

test("the norm is joint: (3, 0) and (0, 4) have norm 5 and are scaled to 1", () => {
  const gradients = { a: { dense: Float32Array.of(3, 0) }, b: { dense: Float32Array.of(0, 4, 0, 0) } };
  expect(factors(1, gradients)).toEqual({ seen: { a: 0.2, b: 0.2 }, norm: 5 });
  expect(factors(5, gradients)).toEqual({ seen: { a: 1, b: 1 }, norm: 5 });
});

test("rows that were read twice count as their sum: (1, 0) + (2, 4) has norm 5", () => {
  const rows = [
    { indices: Int32Array.of(1), values: Float32Array.of(1, 0) },
    { indices: Int32Array.of(1), values: Float32Array.of(2, 4) },
  ];
  expect(factors(2.5, { b: { rows } })).toEqual({ seen: { b: 0.5 }, norm: 5 });
});

test("only the addresses it is told are measured and scaled", () => {
  const gradients = { a: { dense: Float32Array.of(3, 4) }, b: { dense: Float32Array.of(100, 0, 0, 0) } };
  expect(factors(1, gradients, (address) => address === "a")).toEqual({ seen: { a: 0.2, b: 1 }, norm: 5 });
});

test("the norm of a long gradient adds up all its elements", () => {
  const dense = Float32Array.from({ length: 1001 }, (_, at) => at % 7);
  const expected = Math.sqrt(dense.reduce((sum, value) => sum + value * value, 0));
  const long = { long: float32(new Float32Array(1001), [1001]) };
  expect(clipGlobalNorm(1e9).update(long, { long: { dense } }, {}, 1).gradientNorm).toBeCloseTo(expected, 9);
});

test("a gradient that is not finite stops the training before it reaches the weights", () => {
  const given = parameters();
  const optimizer = chain(clipGlobalNorm(1), adam({ rate: 0.1 }));
  const bad = { a: { dense: Float32Array.of(1, Number.NaN) } };
  expect(() => optimizer.update(given, bad, optimizer.init(given), 7)).toThrowErrorMatchingInlineSnapshot(
    `[ConfigError: training: the norm of the gradient became NaN at step 7. Lower the learning rate, or look for extreme values in the data.]`,
  );
  expect(given).toEqual(parameters());
});
