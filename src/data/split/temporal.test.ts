import { expect, test } from "vitest";
import { Key, Stream } from "#random";
import { Histories } from "../histories.ts";
import { temporal } from "./temporal.ts";

/** Histories of [item, time] pairs. */
function timed(rows: readonly (readonly (readonly [number, number])[])[]): Histories {
  const { items, starts, ends } = Histories.from(rows.map((row) => row.map(([item]) => item)));
  return new Histories(
    items,
    starts,
    ends,
    Float64Array.from(rows.flat(), ([, time]) => time),
  );
}

const histories = timed([
  [[1, 100], [2, 200], [3, 300], [4, 310], [5, 400], [6, 450]], // in every part
  [[7, 100], [8, 400]], // nothing between the cuts
  [[9, 300], [1, 410]], // nothing before validation: asked in test alone
  [[2, 500], [3, 600]], // nothing before test: never asked
  [[4, 120], [5, 300]], // nothing in test
]); // biome-ignore format: one user a line
const split = temporal(histories, [300, 400]);

test("everyone is cut at the same two times: a time on the cut is after it", () => {
  expect(Array.from({ length: 5 }, (_, user) => [...split.train.of(user)])).toEqual([[1, 2], [7], [], [], [4]]);
  expect(Array.from({ length: 5 }, (_, user) => split.beforeTest.lengthOf(user))).toEqual([4, 1, 1, 0, 2]);
});

test("asked is a user's first item of each part, given everything before it", () => {
  expect([...split.valid.users]).toEqual([0, 4]);
  expect([...split.valid.targets]).toEqual([3, 5]);
  expect([...split.valid.historyOf(0)]).toEqual([1, 2]);
  expect([...split.test.users]).toEqual([0, 1, 2]);
  expect([...split.test.targets]).toEqual([5, 8, 1]);
  expect([...split.test.historyOf(0)]).toEqual([1, 2, 3, 4]);
  expect([...(split.test.timestamps ?? [])]).toEqual([400, 400, 410]);
  expect(split.unevaluated).toBe(2);
});

test("shares are quantiles of all interactions' times, and the times they came to are told", () => {
  // 14 times, sorted: 100 100 120 200 300 300 300 310 400 400 410 450 500 600; ⌊.4 · 14⌋ = 5, ⌊.6 · 14⌋ = 8.
  const byShare = temporal(histories, [0.4, 0.6]);
  expect(byShare.description).toEqual({ name: "temporal", at: [0.4, 0.6], times: [300, 400] });
  expect(split.description).toEqual({ name: "temporal", times: [300, 400] });
  expect([...byShare.test.targets]).toEqual([...split.test.targets]);
});

test("nothing that is trained on is as late as any question, and histories are before their targets", () => {
  const stream = new Stream(Key.of(5));
  const rows = Array.from({ length: 60 }, () => {
    const times = Array.from({ length: stream.below(9) }, () => stream.below(1000)).sort((a, b) => a - b);
    return times.map((time) => [1 + stream.below(20), time] as const);
  });
  const log = timed(rows);
  const cut = temporal(log, [0.7, 0.85]);
  // A twin in plain loops over the rows.
  const [t1, t2] = cut.description.times ?? [0, 0];
  const twin = (from: number, to: number) =>
    rows.flatMap((row, user) => {
      const at = row.findIndex(([, time]) => time >= from);
      return at > 0 && row[at][1] < to
        ? [{ user, target: row[at][0], history: row.slice(0, at).map(([item]) => item) }]
        : [];
    });
  const found = ({ users, targets, historyOf }: typeof cut.test) =>
    Array.from(users, (user, k) => ({ user, target: targets[k], history: [...historyOf(k)] }));
  expect(found(cut.valid)).toEqual(twin(t1, t2));
  expect(found(cut.test)).toEqual(twin(t2, Number.POSITIVE_INFINITY));
  expect(cut.train.interactions).toBe(rows.flat().filter(([, time]) => time < t1).length);
});

test("a log without times cannot be cut in time", () => {
  expect(() => temporal(Histories.from([[1, 2, 3]]), [0.8, 0.9])).toThrowErrorMatchingInlineSnapshot(
    `[DataError: split temporal: this log has no times. Expected a time with each interaction, to cut everyone's history at the same moment.]`,
  );
});
