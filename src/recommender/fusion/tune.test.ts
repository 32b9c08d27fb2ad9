import { expect, test } from "vitest";
import { Key, Stream } from "#random";
import { Fuser } from "./fuse.ts";
import { PoolBuilder } from "./pool.ts";
import { proportions } from "./proportions.ts";
import { tune } from "./tune.ts";

const ITEMS = 400;
const USERS = 120;
const kinds = { model: "logits", counts: "mass", noise: "mass" } as const;
const stream = new Stream(Key.of(5).fold("fusion"));
const priors = {
  trend: Float32Array.from({ length: ITEMS + 1 }, () => 1 + 4 * stream.uniform()),
  popularity: Float32Array.from({ length: ITEMS + 1 }, () => Math.floor(20 * stream.uniform())),
};
const mrr = (ranks: Float64Array) => ranks.reduce((sum, rank) => sum + 1 / rank, 0) / ranks.length;

/** Two experts that each know something of the target, and one that knows nothing. */
const users = Array.from({ length: USERS }, () => {
  const target = 1 + stream.below(ITEMS);
  const row = (fill: () => number, bonus: number) => {
    const scores = Float32Array.from({ length: ITEMS + 1 }, fill);
    scores[target] += bonus * stream.uniform();
    return scores;
  };
  const masked = [1 + stream.below(ITEMS), 1 + stream.below(ITEMS)].filter((item) => item !== target);
  return {
    target,
    masked,
    scores: {
      model: row(() => 3 * stream.uniform(), 5),
      counts: row(() => (stream.uniform() < 0.3 ? stream.uniform() : 0), 2),
      noise: row(() => (stream.uniform() < 0.3 ? stream.uniform() : 0), 0),
    },
  };
});
const copies = ({ scores }: (typeof users)[number]) => ({
  model: scores.model.slice(),
  counts: scores.counts.slice(),
  noise: scores.noise.slice(),
});
const builder = new PoolBuilder(kinds, priors);
for (const user of users) builder.add(copies(user), user.masked, user.target);
const pool = builder.build();
const tuned = tune(pool, mrr);

/** The same fusion over all items, by the code that serves: rank of the target, ties against it. */
function servedMrr(fusion: typeof tuned.fusion): number {
  const fuser = new Fuser(fusion, kinds, priors);
  return mrr(
    Float64Array.from(users, (user) => {
      const row = fuser.fuse(copies(user), [user.masked]);
      for (const item of user.masked) row[item] = -Infinity;
      return row.subarray(1).reduce((rank, score) => rank + Number(score >= row[user.target]), 0);
    }),
  );
}

test("what tuning measures among candidates is what serving gives over all items", () => {
  expect(servedMrr(tuned.fusion)).toBeCloseTo(tuned.value, 3);
});

test("two experts that each know something are heard, and together are better than either", () => {
  const { model, counts } = tuned.fusion;
  expect(model.weight).toBeGreaterThan(0);
  expect(counts.weight).toBeGreaterThan(0);
  for (const name of ["model", "counts"]) {
    expect(servedMrr({ [name]: { ...tuned.fusion[name], weight: 1 } })).toBeLessThan(tuned.value);
  }
});

test("one that knows nothing hardly gets a say, and all weights add up to one", () => {
  expect(tuned.fusion.noise.weight).toBeLessThan(0.1);
  expect(Object.values(tuned.fusion).reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(1);
});

test("an expert that says nothing is left out, and need not be asked", () => {
  const silent = new PoolBuilder({ ...kinds, silent: "mass" }, priors);
  for (const user of users) {
    silent.add({ ...copies(user), silent: new Float32Array(ITEMS + 1) }, user.masked, user.target);
  }
  const { fusion, value } = tune(silent.build(), mrr);
  expect(fusion.silent.weight).toBe(0);
  expect(value).toBeGreaterThan(tuned.value - 0.01);
});

test("a masked target cannot be reached, whatever the fusion", () => {
  const one = new PoolBuilder(kinds, priors);
  one.add(copies(users[0]), [users[0].target], users[0].target);
  let seen: Float64Array | undefined;
  tune(one.build(), (ranks) => {
    seen = ranks;
    return 0;
  });
  expect([...(seen ?? [])]).toEqual([Number.POSITIVE_INFINITY]);
});

test("it ends no worse than any of where it begins: one alone, all alike, and the weights that make targets likeliest", () => {
  const names = ["model", "counts", "noise"] as const;
  const plain = (weight: number) => ({
    ...tuned.fusion.model,
    weight,
    power: 1,
    trend: 0,
    popularity: 0,
    confidence: 0,
  });
  const shares = users.map((user) =>
    names.map((name) => new Fuser({ [name]: plain(1) }, kinds, priors).fuse(copies(user), [user.masked])[user.target]),
  );
  const { weights } = proportions(shares, names.length);
  const starts = [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1 / 3, 1 / 3, 1 / 3], weights];
  for (const start of starts) {
    const fusion = Object.fromEntries(names.map((name, at) => [name, plain(start[at])]));
    expect(servedMrr(fusion)).toBeLessThan(tuned.value + 1e-3);
  }
});
