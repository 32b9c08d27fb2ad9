import { expect, test } from "vitest";
import type { Event } from "#base";
import { Key } from "#random";
import { fit as train } from "#train";
import { configured, context, dataOf, pipelineOf } from "../../test/suites/fitted.ts";
import { recommenderSuite } from "../../test/suites/recommender.suite.ts";
import { ease } from "./ease.ts";

recommenderSuite(
  ease,
  { lambda: 1 },
  {
    skip: [{ test: "later items do not change earlier positions", reason: "positions are summed, none stands alone" }],
  },
);

const data = dataOf([[1, 2], [1]], 3);

test("two items, by hand: B12 = 1/3, B21 = 1/2, and the older item at its decay", async () => {
  // G = [[2, 1], [1, 1]] + I, P = [[2, −1], [−1, 3]] / 5
  const { ranker, key } = await pipelineOf(ease, { lambda: 1, decay: 0.5 }, data);
  const { ease: scores } = await ranker.score(await ranker.encode([{ history: Int32Array.of(1, 2) }], key));
  expect(scores[1]).toBeCloseTo(1 / 2, 5); // of 2, the newest
  expect(scores[2]).toBeCloseTo(0.5 / 3, 5); // of 1, one older
});

test("it says what it will take before it takes it, and reports its blocks", async () => {
  const events: Event[] = [];
  const listening = { ...context, emit: (event: Event) => events.push(event) };
  await train({ recommender: configured(ease, {}), data, key: Key.of(1), context: listening });
  expect(events).toEqual([
    { type: "stage", stage: "weights", index: 0, of: 1 },
    { type: "message", text: "ease: the inverse over 2 items takes 1 MB." },
    { type: "progress", what: "inverting", done: 1, of: 1 },
  ]);
});

test("more than is allowed is refused before any of it is taken", async () => {
  const many = dataOf([Array.from({ length: 100_000 }, (_, at) => at + 1)], 100_000);
  const recommender = configured(ease, { fitLength: 100_000 });
  const run = train({ recommender, data: many, key: Key.of(1), context: { ...context, memoryBytes: 4e9 } });
  await expect(run).rejects.toMatchObject({
    name: "ConfigError",
    code: "too-much-memory",
    field: "memory",
    message: expect.stringMatching(
      /^ease: the inverse over 100000 items takes \d+ MB, more than the 4000 MB that a stage may take\.$/,
    ),
    hint: expect.stringMatching(
      /^Allow it with --memory \d+MB, import with a larger --min-item, or train itemknn, which needs no inverse\.$/,
    ),
  });
});

test("an interrupt stops it", async () => {
  const stopped = { ...context, signal: { aborted: true } };
  const long = dataOf([Array.from({ length: 600 }, (_, at) => at + 1)], 600); // more than one block
  const run = train({
    recommender: configured(ease, { fitLength: 600 }),
    data: long,
    key: Key.of(1),
    context: stopped,
  });
  await expect(run).rejects.toThrow("interrupted");
});
