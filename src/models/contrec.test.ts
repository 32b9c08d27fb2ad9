import { beforeAll, expect, test } from "vitest";
import { Catalogue, Histories } from "#data";
import { Key, Stream } from "#random";
import type { Earlier, Ranker } from "#recommender";
import { configured, context, fitted, trainView } from "../../test/suites/fitted.ts";
import { recommenderSuite } from "../../test/suites/recommender.suite.ts";
import { contrec } from "./contrec.ts";

const SMALL = {
  dim: 16,
  blocks: 1,
  hidden: 32,
  maxLength: 12,
  steps: 50,
  leastSteps: 1,
  positions: 48,
  pretrainEpochs: 2,
  samplingSteps: 10,
  average: 0,
} as const;
const STILL = { ...SMALL, dropout: 0, mask: 0, noise: 0, reconstruction: 0.01, tokenizerRate: 1, firstValidation: 400 };

// On vectors that stand apart by chance: LightGCN's of eight histories that share nothing do not.
recommenderSuite(
  contrec,
  {
    ...STILL,
    space: "joint",
    start: "random",
    objective: "ranking",
    score: "inner",
    negatives: 40,
    dispersiveWeight: 0.01,
    epochs: 150,
    learningRate: 0.01,
    guidance: 0,
    samplingSteps: 1,
    retrieval: "latent",
  },
  {
    skip: [
      {
        test: "later items do not change earlier positions",
        reason: "one position is asked; who sees whom in training is layout.test.ts's",
      },
    ],
  },
);

/** Four categories of ten items; a customer stays with one and takes its items in their order, wherever they begin. */
const [CATEGORIES, EACH] = [4, 10];
const catalogue = new Catalogue(
  Array.from({ length: CATEGORIES * EACH }, (_, at) => ({
    item: `i${at}`,
    category: `category ${Math.floor(at / EACH)}`,
  })),
);
const stream = new Stream(Key.of(5));
const rows = Array.from({ length: 120 }, () => {
  const category = stream.below(CATEGORIES);
  const first = stream.below(EACH);
  return Array.from({ length: 7 }, (_, at) => 1 + category * EACH + ((first + at) % EACH));
});
const shown = rows.map((row) => Int32Array.from(row.slice(0, 6)));
const data = trainView(Histories.from(rows.map((row) => row.slice(0, 6))), catalogue);

let earlier: Earlier;
const options = { ...SMALL, epochs: 60, learningRate: 0.01, positions: 200, firstValidation: 100 };
beforeAll(async () => {
  earlier = await fitted(configured(contrec, options), data);
});

async function asked<T>(more: object, ask: (ranker: Ranker) => Promise<T>): Promise<T> {
  await using ranker = await configured(contrec, { ...options, ...more }).open(earlier, catalogue, context);
  return await ask(ranker);
}

const scoresOf = (more: object) =>
  asked(more, async (ranker) => {
    const states = await ranker.encode(
      shown.map((history) => ({ history })),
      Key.of(1),
    );
    return (await ranker.score(states)).generator;
  });
const COLUMNS = CATEGORIES * EACH + 1;

/** Mean over users of 1 / the place of what they took next. */
function reciprocalRank(scores: Float32Array): number {
  const each = rows.map((row, user) => {
    const own = scores.subarray(user * COLUMNS + 1, (user + 1) * COLUMNS);
    return 1 / own.filter((score) => score >= own[row[6] - 1]).length;
  });
  return each.reduce((sum, value) => sum + value) / each.length;
}

test("vector and category together rank at least as well as the vector, which beats popularity by far", async () => {
  const [hybrid, latent] = [
    reciprocalRank(await scoresOf({})),
    reciprocalRank(await scoresOf({ retrieval: "latent" })),
  ];
  const popular = Float32Array.from({ length: rows.length * COLUMNS }, (_, at) => {
    return rows.filter((row) => row.slice(0, 6).includes(at % COLUMNS)).length;
  });
  expect(hybrid).toBeGreaterThanOrEqual(latent);
  expect(latent).toBeGreaterThan(2 * reciprocalRank(popular));
});

test("however far apart items lie, the category's word is added to a logarithm, and nothing is out of reach", async () => {
  const far = { score: "inner", scale: 30 } as const; // scores a thousand apart
  const [latent, hybrid] = [
    await scoresOf({ ...far, retrieval: "latent" }),
    await scoresOf({ ...far, textWeight: 1e-9 }),
  ];
  for (const user of [0, 7, 50]) {
    const order = (scores: Float32Array) => {
      const own = scores.subarray(user * COLUMNS + 1, (user + 1) * COLUMNS);
      expect(own.every(Number.isFinite)).toBe(true);
      return [...own.keys()].sort((a, b) => own[b] - own[a] || a - b);
    };
    expect(order(hybrid)).toEqual(order(latent));
  }
});

test("the response names the category that is wanted", async () => {
  const told = await asked({}, async (ranker) => {
    const states = await ranker.encode(
      shown.map((history) => ({ history })),
      Key.of(1),
    );
    return (await ranker.read?.(states)) ?? [];
  });
  const right = told.filter(({ category }, user) => category === catalogue.row(rows[user][6]).category);
  expect(right.length / rows.length).toBeGreaterThan(0.9);
});

test.each(["distance", "inner"] as const)(
  "by %s, the named category moves its items up and no other; weight 0 is the vector alone",
  async (score) => {
    const [latent, none, hybrid] = [
      await scoresOf({ score, retrieval: "latent" }),
      await scoresOf({ score, textWeight: 0 }),
      await scoresOf({ score, textWeight: 3 }),
    ];
    const places = (scores: Float32Array, user: number) => {
      const own = [...scores.subarray(user * COLUMNS + 1, (user + 1) * COLUMNS)];
      const order = own.map((_, at) => at).sort((a, b) => own[b] - own[a] || a - b);
      return order.reduce<number[]>((found, item, place) => Object.assign(found, { [item]: place }), []);
    };
    for (const user of [0, 7, 50]) {
      expect(places(none, user)).toEqual(places(latent, user));
      const [before, after] = [places(latent, user), places(hybrid, user)];
      const wanted = Math.floor((rows[user][6] - 1) / EACH);
      before.forEach((place, item) => {
        if (Math.floor(item / EACH) === wanted) expect(after[item]).toBeLessThanOrEqual(place);
      });
      const foremost = after.flatMap((place, item) => (place < EACH ? [Math.floor(item / EACH)] : []));
      expect(foremost.filter((category) => category === wanted).length).toBeGreaterThanOrEqual(EACH - 1);
    }
  },
);

test("what the target is called and where it belongs, told otherwise when answering, changes nothing", async () => {
  const target = rows[0][6];
  const renamed = new Catalogue(
    catalogue.rows.map((row, at) =>
      at + 1 === target ? { ...row, title: "noise", category: catalogue.row(1).category } : row,
    ),
  );
  const of = async (over: Catalogue) => {
    await using ranker = await configured(contrec, options).open(earlier, over, context);
    const states = await ranker.encode([{ history: shown[0] }], Key.of(1));
    return (await ranker.score(states)).generator;
  };
  expect(await of(renamed)).toEqual(await of(catalogue));
});

test("histories in another order get their own answers in that order", async () => {
  const one = await scoresOf({});
  const other = await asked({}, async (ranker) => {
    const states = await ranker.encode(
      [...shown].reverse().map((history) => ({ history })),
      Key.of(1),
    );
    return (await ranker.score(states)).generator;
  });
  rows.forEach((_, user) => {
    const back = rows.length - 1 - user;
    for (let at = 1; at < COLUMNS; at++) expect(other[back * COLUMNS + at]).toBeCloseTo(one[user * COLUMNS + at], 3);
  });
});
