import { expect, test } from "vitest";
import { Key, Stream } from "#random";
import { Fuser } from "./fuse.ts";
import { PoolBuilder } from "./pool.ts";
import { Trials } from "./trial.ts";

const ITEMS = 36; // fewer than an expert's best that enter a pool: every item is a candidate
const kinds = { model: "logits", counts: "mass", text: "mass" } as const;
const stream = new Stream(Key.of(11));
const priors = {
  trend: Float32Array.from({ length: ITEMS + 1 }, () => 1 + 4 * stream.uniform()),
  popularity: Float32Array.from({ length: ITEMS + 1 }, () => Math.floor(20 * stream.uniform())),
};
const users = Array.from({ length: 30 }, () => ({
  target: 1 + stream.below(ITEMS),
  masked: [1 + stream.below(ITEMS), 1 + stream.below(ITEMS)],
  scores: {
    model: Float32Array.from({ length: ITEMS + 1 }, () => 4 * stream.uniform()),
    counts: Float32Array.from({ length: ITEMS + 1 }, () => Math.max(0, stream.uniform() - 0.6)),
    text: Float32Array.from({ length: ITEMS + 1 }, () => Math.max(0, stream.uniform() - 0.8)),
  },
}));
const copies = ({ scores: { model, counts, text } }: (typeof users)[number]) => ({
  model: model.slice(),
  counts: counts.slice(),
  text: text.slice(),
});
const builder = new PoolBuilder(kinds, priors);
for (const user of users) builder.add(copies(user), user.masked, user.target);
const trials = new Trials(builder.build());

const shared = { trend: 0.3, popularity: 0.1, typicalMass: 2 };
const fusion = {
  model: { weight: 0.5, power: 0.75, trend: 0, popularity: 0.2, confidence: 0.5, typicalMass: 1 },
  counts: { weight: 0.2, power: 1, confidence: 1, ...shared },
  text: { weight: 0.3, power: 1.5, confidence: 0.25, ...shared },
};

/** By the code that serves, over all items. */
function servedRanks(): number[] {
  const fuser = new Fuser(fusion, kinds, priors);
  return users.map((user) => {
    const row = fuser.fuse(copies(user), [user.masked]);
    for (const item of user.masked) row[item] = -Infinity;
    const own = row[user.target];
    return own > 0 ? row.subarray(1).reduce((rank, score) => rank + Number(score >= own), 0) : Number.POSITIVE_INFINITY;
  });
}

test("whatever stands still and whatever moves, ranks are those of the fusion as it serves", () => {
  const served = servedRanks();
  expect(served.filter(Number.isFinite).length).toBeGreaterThan(20);
  const all = ["model", "counts", "text"];
  expect([...trials.ranks(fusion, [], trials.sumOf(fusion, all))]).toEqual(served);
  expect([...trials.ranks(fusion, ["counts", "text"], trials.sumOf(fusion, ["model"]))]).toEqual(served); // one prior
  const others = { ...fusion, counts: { ...fusion.counts, weight: 0.4 }, text: { ...fusion.text, weight: 0.6 } };
  expect([...trials.ranks(fusion, ["model"], trials.sumOf(others, ["counts", "text"]), 0.5)]).toEqual(served);
});

test("an expert's part is its share without its weight", () => {
  const part = trials.partOf("text", fusion.text);
  const weighted = trials.sumOf(fusion, ["text"]);
  weighted.forEach((value, at) => {
    expect(value).toBeCloseTo(0.3 * part[at], 6);
  });
});
