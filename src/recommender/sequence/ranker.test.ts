import { expect, test } from "vitest";
import { Weights } from "#nn";
import { Key } from "#random";
import { context } from "../../../test/suites/fitted.ts";
import { sequenceOptions } from "../../../test/suites/sequence-options.ts";
import { openSequence, SequenceNetwork } from "./index.ts";

const [N, D] = [6, 3];
const options = sequenceOptions({ dim: D, scoring: "inner", maxLength: 2 });
/** A network whose state is the sum of the vectors it has read: it shows what is read, and what is cut. */
const make = (weights: Weights) =>
  new SequenceNetwork(weights, options, N, () => ({
    read: (vectors) => vectors.cumsum(1),
  }));

const drawn = Weights.draw(Key.of(1));
make(drawn);
const table = drawn.arrays["items.weight"].data as Float32Array; // drawn as float32
const profile = (...history: number[]) => ({ history: Int32Array.from(history) });

/** ⟨sum of the history's vectors, item's vector⟩ */
function scoreOf(history: readonly number[], item: number): number {
  let score = 0;
  for (let d = 0; d < D; d++) {
    score += history.reduce((sum, read) => sum + table[read * D + d], 0) * table[item * D + d];
  }
  return score;
}

test("the newest state of each profile, whatever its neighbours' lengths, scores all items or those asked for", async () => {
  await using ranker = await openSequence("sums", options, drawn.arrays, make, context);
  const profiles = [profile(1), profile(4, 5, 6), profile(2, 3)]; // of the second, the last two are read
  const read = [[1], [5, 6], [2, 3]];
  const states = await ranker.encode(profiles, Key.of(1));
  const { sums } = await ranker.score(states);
  expect(sums).toHaveLength(3 * (N + 1));
  const { sums: some } = await ranker.score(states, Int32Array.of(6, 1));
  read.forEach((history, row) => {
    for (let item = 1; item <= N; item++) expect(sums[row * (N + 1) + item]).toBeCloseTo(scoreOf(history, item), 6);
    expect(some[row * 2]).toBeCloseTo(scoreOf(history, 6), 6);
    expect(some[row * 2 + 1]).toBeCloseTo(scoreOf(history, 1), 6);
  });
  expect((await ranker.vectors?.())?.data).toEqual(table);
});

test("more profiles than are read at once come back in their order", async () => {
  await using ranker = await openSequence("sums", options, drawn.arrays, make, context);
  const histories = Array.from({ length: 150 }, (_, at) =>
    at % 3 === 0 ? [1 + (at % N)] : [1 + (at % N), 1 + (at % 4)],
  );
  const states = await ranker.encode(
    histories.map((history) => profile(...history)),
    Key.of(1),
  );
  histories.forEach((history, row) => {
    for (let d = 0; d < D; d++) {
      const expected = history.reduce((sum, item) => sum + table[item * D + d], 0);
      expect(states[row][d]).toBeCloseTo(expected, 6);
    }
  });
});
