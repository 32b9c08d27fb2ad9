import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { Catalogue, Histories } from "#data";
import { Weights } from "#nn";
import { Key } from "#random";
import type { Earlier, Learned, Ranker, Recommender } from "#recommender";
import { type Arrays, compile, concat, int32, type Tensor } from "#tensor";
import { TextTokenizer } from "#text";
import { TrainingStep } from "#train";
import { configured, context, fitted, opened, trainView } from "../../../../test/suites/fitted.ts";
import { BYTE_TOKENIZER, writeTinyLanguageModel } from "../../../../test/suites/tiny-language-model.ts";
import { contrec } from "../../contrec.ts";
import { deftrec } from "../../deftrec.ts";
import { jointEpoch } from "../batches.ts";
import { config } from "../config.ts";
import { sideOf, spaceOf } from "../generator.ts";
import type { GeneratorState } from "../ranker.ts";
import { promptArrays } from "./batches.ts";
import { PromptedNetwork } from "./network.ts";
import { reasonedOf } from "./reasoning.ts";
import type { promptedStage } from "./stages.ts";

const ITEMS = 12;
const rows = Array.from({ length: 8 }, (_, user) =>
  Array.from({ length: 3 + (user % 3) }, (__, at) => 1 + ((user * 3 + at * 5) % ITEMS)),
);
const catalogue = new Catalogue(
  Array.from({ length: ITEMS }, (_, at) => ({
    item: `item ${at + 1}`,
    title: `thing ${at}`,
    category: at % 2 ? "odd (1)" : "even",
  })),
);
const data = trainView(Histories.from(rows), catalogue);

const SMALL = {
  llmMode: "lora",
  llmPrecision: "float32", // training and answering agree to rounding
  leastSteps: 1, // of the compact start
  epochs: 2,
  firstValidation: 1,
  dim: 8,
  hidden: 16,
  dropout: 0,
  mask: 0,
  noise: 0,
  nullShare: 0,
  maxLength: 4,
  titleTokens: 8,
  steps: 20,
  negatives: 8,
  pretrainEpochs: 0,
  llmEpochs: 2,
  promptTokens: 700,
  loraRank: 4,
  loraDropout: 0,
  average: 0,
  learningRate: 0.01,
  rerank: false,
  collaborative: false,
  text: false,
} as const;

type Stage = ReturnType<typeof promptedStage>;

let folder = "";
let llm = "";
let recommender: Recommender;
let earlier: Earlier;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "deftrec-prompted-"));
  vi.stubEnv("DEFTREC_CACHE", join(folder, "cache"));
  llm = await writeTinyLanguageModel(join(folder, "model"));
  recommender = configured(deftrec, { ...SMALL, llm });
  earlier = await fitted(recommender, data);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

const stageOf = (of: Recommender) => of.stages.find(({ name }) => name === "generator") as unknown as Stage; // as: llmMode=lora
async function preparedOf(stage: Stage) {
  const prepared = await stage.prepare?.(data, earlier, Key.of(1), context);
  if (prepared === undefined) throw new Error("nothing was prepared");
  return prepared;
}

test.each([
  { queries: 1, reasoning: "none" },
  { queries: 3, reasoning: "none" },
  { queries: 2, reasoning: "generated" },
  { queries: 1, reasoning: "oracle" },
] as const)(
  "each position is asked in training as it is when its history stands alone: $queries queries, reasoning=$reasoning",
  async ({ queries, reasoning }) => {
    const options = { ...SMALL, llm, queries, reasoning, reasoningTargets: 2, reasoningTokens: 3 };
    const own = configured(deftrec, options);
    const left = queries === 1 && reasoning === "none" ? earlier : await fitted(own, data);
    const stage = stageOf(own);
    const prepared = await preparedOf(stage);
    const weights = Weights.read(left.generator.arrays);
    const { network, decoder } = stage.init(weights, data, left, prepared);
    const parsed = { ...config.parse(options), positions: 8, leastSteps: 1 };
    await using ranker = (await stage.open?.(left, catalogue, context)) as Ranker<GeneratorState>; // as: its own
    await using compiled = compile(
      "positions",
      (batch: Readonly<Record<string, Tensor>>) => {
        const own = network.items.tokens(network.items.vectors(batch.unique));
        const tokens = network.placed(own);
        const starts = network.starts(own).gather(batch.items);
        const [items, ways, wide] = tokens.shape as readonly number[];
        const table = concat([network.furniture, tokens.reshape([items * ways, wide])], 0);
        const prompt = batch.words.add(table.gather(batch.places));
        const hidden = decoder.masked(prompt, batch.sees, batch.positions);
        const [count, length, width] = hidden.shape as readonly number[];
        const states = hidden.reshape([count * length, width]).gather(batch.asked);
        return { conditions: network.condition(states.reshape([...batch.items.shape, queries, width]), starts) };
      },
      { runtime: context.runtime, parameters: { ...prepared.model.arrays, ...weights.arrays } },
    );
    let compared = 0;
    const fresh = await stage.refresh?.(left.generator.arrays, data, left, context);
    const source = { ...prepared.source, ...reasonedOf(parsed, prepared.source, data.histories, fresh) };
    for (const joint of jointEpoch(data.histories, sideOf(left, ITEMS), parsed, Key.of(3))) {
      const batch = { ...joint, ...promptArrays(joint, parsed, source, () => 0) };
      const { conditions } = await compiled.run(batch as unknown as Arrays); // as: all of them are arrays
      const [count, length] = batch.items.shape;
      const items = (row: number) =>
        [...batch.items.data.subarray(row * length, (row + 1) * length)].map((place) => batch.unique.data[place]);
      for (let row = 0; row < count; row++) {
        for (let t = 0; t < length; t++) {
          const history = items(row)
            .slice(0, t + 1)
            .filter((item) => item > 0);
          const target = batch.targets.data[row * length + t];
          if (target === 0) continue; // nobody asks
          const profile = { history: Int32Array.from(history), answer: batch.unique.data[target] };
          const [{ state }] = await ranker.encode([profile], Key.of(1));
          state.forEach((value, k) => {
            expect(Math.abs(value - Number(conditions.data[(row * length + t) * SMALL.dim + k]))).toBeLessThan(1e-3);
          });
          compared++;
        }
      }
    }
    const each = reasoning === "none" ? 4 : 2;
    expect(compared).toBe(rows.reduce((sum, row) => sum + Math.min(each, row.length - 1), 0));
  },
);

test("items and denoiser start where the compact model left them; with llmStart=none by chance, without that stage", async () => {
  const compact = earlier.compact.arrays;
  expect(Object.keys(compact)).toContain("backbone.head.weight"); // its own, which the language model replaces
  const startOf = (own: Recommender) => {
    const weights = Weights.draw(Key.of(2));
    const { compact: _, ...before } = earlier;
    const stage = stageOf(own) as unknown as Learned;
    const has = own.stages.some(({ name }) => name === "compact");
    const start = async () => {
      stage.init(weights, data, has ? earlier : before, await preparedOf(stageOf(own)));
      return weights.arrays;
    };
    return { has, start };
  };
  const warm = startOf(recommender);
  expect(warm.has).toBe(true);
  const started = await warm.start();
  for (const address of ["items.weight", "denoiser.output.weight", "logScale"]) {
    expect(started[address].data).toEqual(compact[address].data);
  }
  const cold = startOf(configured(deftrec, { ...SMALL, llm, llmStart: "none" }));
  expect(cold.has).toBe(false);
  expect((await cold.start())["denoiser.output.weight"].data).not.toEqual(compact["denoiser.output.weight"].data);
});

test("a condition starts at what the newest item's tokens say; at nothing where queryStart=none or nobody took anything", async () => {
  const conditionsOf = async (queryStart: "item" | "none", history: readonly number[]) => {
    const own = configured(deftrec, { ...SMALL, llm, queryStart });
    await using ranker = (await stageOf(own).open?.(earlier, catalogue, context)) as Ranker<GeneratorState>; // as: its own
    const [{ state }] = await ranker.encode([{ history: Int32Array.from(history) }], Key.of(1));
    return [...state];
  };
  const with4 = await conditionsOf("item", [2, 4]);
  const without = await conditionsOf("none", [2, 4]);
  const options = config.parse({ ...SMALL, llm });
  const weights = Weights.read(earlier.generator.arrays);
  const network = new PromptedNetwork(weights, options, spaceOf(options, earlier, ITEMS), 1);
  await using graph = compile(
    "starts",
    ({ items }) => ({ starts: network.starts(network.items.tokens(network.items.vectors(items))) }),
    { runtime: context.runtime, parameters: weights.arrays },
  );
  const { starts } = await graph.run({ items: int32([4], [1]) });
  with4.forEach((value, k) => {
    expect(value - without[k]).toBeCloseTo(Number(starts.data[k]), 4);
  });
  expect(Math.max(...[...starts.data].map((value) => Math.abs(Number(value))))).toBeGreaterThan(0.01);
  expect(await conditionsOf("item", [])).toEqual(await conditionsOf("none", []));
});

test("a step's loss reaches adapters, tokenizer, marks and queries; the language model's own weights are not saved", async () => {
  const stage = stageOf(recommender) as unknown as Learned;
  const prepared = await preparedOf(stageOf(recommender));
  const weights = Weights.draw(Key.of(2));
  const model = stage.init(weights, data, earlier, prepared);
  const before = Object.fromEntries(
    Object.entries(weights.arrays).map(([name, { data: numbers }]) => [name, numbers.slice()]),
  );
  await using step = new TrainingStep(
    stage,
    model,
    weights,
    stage.optimizer(4),
    context.runtime,
    undefined,
    stage.frozen?.(prepared),
  );
  let at = 0;
  for await (const batch of stage.epoch(data, earlier, Key.of(1), prepared)) {
    const losses = await step.take(batch, Key.of(5).fold(++at), at);
    expect(losses.language).toBeGreaterThan(0);
    if (at === 2) break; // B starts at zero, and A learns once it is not
  }
  const moved = (pattern: RegExp) =>
    Object.entries(weights.arrays).filter(
      ([name, { data: numbers }]) => pattern.test(name) && String(numbers) !== String(before[name]),
    ).length;
  expect(moved(/^adapter\..*\.a$/)).toBe(14);
  expect(moved(/^adapter\..*\.b$/)).toBe(14);
  expect(moved(/^(marks|queries|tokenScale)$/)).toBe(3);
  expect(moved(/^tokenizer\.encoders/)).toBeGreaterThan(4);
  expect(Object.keys(earlier.generator.arrays).filter((name) => /^(layers|embedding|head|norm)\./.test(name))).toEqual(
    [],
  );
});

test.each([
  ["packed", Uint8Array],
  ["int8", Int8Array],
] as const)(
  "adapters are trained over a model that is %s, which stays as it is, and what they learned answers",
  async (llmPrecision, kind) => {
    const rounded = configured(deftrec, { ...SMALL, llm, llmPrecision });
    const { model } = await preparedOf(stageOf(rounded));
    const places = ["attention.query", "attention.key", "attention.value", "attention.output"].concat(
      ["gate", "up", "down"].map((way) => `feedForward.${way}`),
    );
    for (const place of places) {
      expect(model.arrays[`layers.0.${place}.codes`]?.data).toBeInstanceOf(kind);
      expect(model.arrays[`layers.0.${place}.weight`]).toBeUndefined();
    }
    const left = await fitted(rounded, data);
    const learned = Object.entries(left.generator.arrays).filter(([name]) => /^adapter\..*\.b$/.test(name));
    expect(learned).toHaveLength(14);
    for (const [name, { data: values }] of learned)
      expect(Math.hypot(...(values as Float32Array)), name).toBeGreaterThan(0); // as: float32
    const profiles = rows.map((row) => ({ history: Int32Array.from(row) }));
    const conditions = async (of: Recommender, by: Earlier) => {
      await using ranker = (await stageOf(of).open?.(by, catalogue, context)) as Ranker<GeneratorState>; // as: its own
      return (await ranker.encode(profiles, Key.of(1))).flatMap(({ state }) => [...state]);
    };
    const [own, dense] = [await conditions(rounded, left), await conditions(recommender, left)];
    expect(Math.hypot(...own.map((value, at) => value - dense[at]))).toBeLessThan(0.1 * Math.hypot(...dense));
  },
);

test("responses are trained in every phrasing that there is", async () => {
  const { source } = await preparedOf(stageOf(recommender));
  const parsed = { ...config.parse({ ...SMALL, llm }), positions: 8, leastSteps: 1 };
  const [joint] = jointEpoch(data.histories, sideOf(earlier, ITEMS), parsed, Key.of(3));
  const tokenizer = TextTokenizer.of("tiny", BYTE_TOKENIZER);
  const told = Array.from({ length: source.prompts.phrasings }, (_, phrasing) => {
    const choose = (ways: number) => (ways === source.prompts.phrasings ? phrasing : 0);
    const { labelTargets, labelWeights } = promptArrays(joint, parsed, source, choose);
    const ids = [...labelTargets.data].map(Number).filter((_, at) => Number(labelWeights.data[at]) > 0);
    return tokenizer.textOf(ids);
  });
  expect(told.map((text) => text.slice(0, 14))).toEqual(["Next, this cus", "Something from", "This customer "]);
});

test("it ranks, alike whenever asked; its response names one of the catalogue's categories, in a sentence", async () => {
  const histories = rows.map((row) => ({ history: Int32Array.from(row) }));
  const asked = async () => {
    await using ranker = await recommender.open(earlier, catalogue, context);
    const states = await ranker.encode(histories, Key.of(1));
    const { generator } = await (ranker as Ranker).score(states);
    return { generator, told: await ranker.read?.(states) };
  };
  const first = await asked();
  expect(first.generator.filter(Number.isFinite)).toHaveLength(rows.length * (ITEMS + 1));
  expect(await asked()).toEqual(first);
  for (const { category, sentence } of first.told ?? []) {
    expect(["even", "odd (1)"]).toContain(category);
    expect(sentence).toMatch(/^Next, this customer may want something from \((even|odd \[1\])\)/);
  }
});

test("items are found by what the response would say, too: every category's probability, the written one's the highest", async () => {
  const histories = rows.map((row) => ({ history: Int32Array.from(row) }));
  const scored = async (options: object) => {
    await using ranker = await configured(deftrec, { ...SMALL, llm, ...options }).open(earlier, catalogue, context);
    const states = await ranker.encode(histories, Key.of(1));
    const { generator } = await (ranker as Ranker).score(states);
    return { told: (await ranker.read?.(states)) ?? [], of: (row: number) => generator.subarray(row * (ITEMS + 1)) };
  };
  const [text, hybrid, latent] = [
    await scored({ retrieval: "text" }),
    await scored({ retrieval: "hybrid", textWeight: 0.7 }),
    await scored({ retrieval: "latent" }),
  ];
  for (const row of histories.keys()) {
    const [odd, even] = [text.of(row)[2], text.of(row)[1]]; // items count from 1, their categories from 0
    expect(Math.exp(odd) + Math.exp(even)).toBeCloseTo(1, 5);
    expect(text.told[row].category).toBe(odd > even ? "odd (1)" : "even");
    const sum = latent
      .of(row)
      .subarray(0, ITEMS + 1)
      .reduce((whole, score) => whole + Math.exp(score), 0);
    for (let item = 1; item <= ITEMS; item++) {
      expect(text.of(row)[item]).toBe(item % 2 ? even : odd);
      expect(hybrid.of(row)[item]).toBeCloseTo(latent.of(row)[item] - Math.log(sum) + 0.7 * text.of(row)[item], 4);
    }
  }
});

test("ContRec reads with adapters, too: four queries' states, and items found by vector and response", async () => {
  const { rerank: _rerank, collaborative: _collaborative, text: _text, ...small } = SMALL;
  const own = configured(contrec, { ...small, llm, nullShare: 0.1, samplingSteps: 5 });
  await using ranker = await own.open(await fitted(own, data), catalogue, context);
  const states = await ranker.encode(
    rows.map((row) => ({ history: Int32Array.from(row) })),
    Key.of(1),
  );
  const { generator } = await (ranker as Ranker).score(states);
  expect(generator.filter(Number.isFinite)).toHaveLength(rows.length * ITEMS);
  for (const told of (await ranker.read?.(states)) ?? []) expect(["even", "odd (1)"]).toContain(told.category);
});

test("where categories are but names, responses speak of as many groups as there are, and name no category", async () => {
  const many = new Catalogue(catalogue.rows.map((row) => ({ ...row, category: `only ${row.title}` })));
  const own = trainView(data.histories, many);
  const left = await fitted(recommender, own);
  const groups = Math.max(...(left.vectors.arrays.groups.data as Int32Array)) + 1; // as: int32 by construction
  const prepared = await stageOf(recommender).prepare?.(own, left, Key.of(1), context);
  expect(prepared?.source.groupNames).toEqual(Array.from({ length: groups }, (_, at) => `group ${at + 1}`));
  await using ranker = await recommender.open(left, many, context);
  for (const { category, sentence } of (await ranker.read?.(
    await ranker.encode([{ history: Int32Array.of(1, 2) }], Key.of(1)),
  )) ?? []) {
    expect(category).toBeUndefined();
    expect(sentence).toMatch(/^Next, this customer may want something from \(group \d+\)/);
  }
});

test("reasoning=generated writes, when an epoch begins, a response behind each history that is asked, with a category", async () => {
  const own = configured(deftrec, { ...SMALL, llm, reasoning: "generated", reasoningTargets: 1, reasoningTokens: 2 });
  const stage = stageOf(own);
  const fresh = await stage.refresh?.(earlier.generator.arrays, data, earlier, context);
  const { source } = await preparedOf(stage);
  const parsed = config.parse({ ...SMALL, llm, reasoning: "generated", reasoningTargets: 1 });
  const { reasoned } = reasonedOf(parsed, source, data.histories, fresh);
  const tokenizer = TextTokenizer.of("tiny", BYTE_TOKENIZER);
  for (const row of rows) {
    const ids = reasoned?.(row.slice(0, -1), 0, 0) ?? [];
    const mark = /^Next, this customer may want something from \((even|odd \[1\])\)/.exec(tokenizer.textOf([...ids]));
    expect(mark?.[1]).toBeDefined();
    expect(ids.length - (mark?.[0].length ?? 0)).toBeLessThanOrEqual(2); // a token a letter
  }
  expect(() => reasoned?.([ITEMS, ITEMS, ITEMS], 0, 0)).toThrow(/^internal: no response was written/);
});

test("reasoning=oracle is asked by evaluation, whose protocol says that it reads the answer, and by nobody else", async () => {
  const own = configured(deftrec, { ...SMALL, llm, reasoning: "oracle" });
  const left = await fitted(own, data);
  const pipeline = await opened(own, data, left);
  await using ranker = pipeline.ranker;
  await expect(ranker.encode([{ history: Int32Array.of(1, 2) }], Key.of(1))).rejects.toThrowErrorMatchingInlineSnapshot(
    `[ConfigError: deftrec: reasoning=oracle reads the true next item, which nobody knows when recommending. It is an ablation: only evaluate asks it.]`,
  );
  const [told, otherwise] = [1, 2].map((answer) => ({ history: Int32Array.of(3, 4), answer }));
  const { generator } = await ranker.score(await ranker.encode([told, otherwise], Key.of(1)));
  expect(generator.subarray(1, 1 + ITEMS)).not.toEqual(generator.subarray(ITEMS + 2));
});
