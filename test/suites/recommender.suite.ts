/**
 * What every recommender must do, as tests: `recommenderSuite(sasrec, { dim: 8, epochs: 60 })` in the model's test file.
 * It fits the model on eight short histories, the way a run fits it, and asks it through the shared pipeline.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { z } from "zod";
import { type ConfigSchema, describeConfig, parseConfig } from "#base";
import { rankOf } from "#eval";
import { Weights } from "#nn";
import type { Gradient, Optimizer } from "#optim";
import { Key, Stream } from "#random";
import {
  type Earlier,
  hide,
  type Learned,
  type Pipeline,
  type Profile,
  type Recommender,
  type RecommenderDefinition,
  recommend,
  recommendAll,
  scoreProfiles,
} from "#recommender";
import { type Arrays, compilations, int32, openOnnx, readSafetensors, writeOnnx, writeSafetensors } from "#tensor";
import { TrainingStep } from "#train";
import { configured, context, dataOf, fitted, opened } from "./fitted.ts";

/** A test of the suite that does not apply, and why. */
export interface Skip {
  readonly test: SuiteTest;
  readonly reason: string;
}

export interface SuiteOptions {
  readonly skip?: readonly Skip[];
  /** What the model makes of each position of a history, [T] arrays, for the test that it does not look ahead. */
  readonly positions?: (recommender: Recommender, earlier: Earlier, history: Int32Array) => Promise<Float32Array[]>;
}

const TESTS = [
  "{} is a valid config",
  "the same seed gives the same weights",
  "every trainable parameter gets a finite, somewhere non-zero gradient",
  "it memorises eight histories",
  "it returns topK distinct catalogue items in score order",
  "one user alone gets what they get in a batch",
  "more padding changes nothing",
  "later items do not change earlier positions",
  "saved and loaded it ranks the same",
  "a second step does not recompile",
  "unknown items only, and a list of nothing, are refused",
  "an empty history is answered with popular items, marked cold",
  "what it exports scores as it does",
] as const;
type SuiteTest = (typeof TESTS)[number];

const ITEMS = 40;

/** Eight histories of 5 to 12 items out of the same 40, none twice in a history, in orders of their own. */
const ROWS = Array.from({ length: 8 }, (_, user) => {
  const stream = new Stream(Key.of(11).fold("suite").fold(user));
  const shuffled = Array.from({ length: ITEMS }, (_, at) => ({ item: at + 1, place: stream.uniform() }));
  shuffled.sort((a, b) => a.place - b.place);
  return shuffled.slice(0, 5 + user).map(({ item }) => item);
});
const data = dataOf(ROWS, ITEMS);
const COLUMNS = ITEMS + 1;

/** Runs every test of the suite on a model; `config` should make it small and let it overfit. */
export function recommenderSuite<C extends ConfigSchema>(
  definition: RecommenderDefinition<C>,
  config: z.input<C>,
  options: SuiteOptions = {},
): void {
  describe(`${definition.title} is a recommender`, () => {
    const recommender = configured(definition, config);
    const learned = recommender.stages.filter((stage) => stage.kind === "learned");
    const subject = new Subject(recommender);
    const unlearned = learned.length === 0 ? "nothing is learned" : undefined;
    const it = (name: SuiteTest, run: () => Promise<void>, inapplicable?: string) => {
      const reason = options.skip?.find((one) => one.test === name)?.reason ?? inapplicable;
      const title = reason === undefined ? name : `${name} (skipped: ${reason})`;
      test.skipIf(reason !== undefined)(title, { timeout: 120_000 }, run);
    };
    beforeAll(() => subject.prepare(), 120_000);
    afterAll(() => subject.pipeline?.ranker[Symbol.asyncDispose]());

    it("{} is a valid config", async () => validConfig(definition));
    it("the same seed gives the same weights", () => sameSeed(subject, learned.length > 0));
    it(
      "every trainable parameter gets a finite, somewhere non-zero gradient",
      () => gradients(subject, learned),
      unlearned,
    );
    it("it memorises eight histories", () => memorises(subject.pipeline));
    it("it returns topK distinct catalogue items in score order", () => orderedLists(subject.pipeline));
    it("one user alone gets what they get in a batch", () => aloneAsInBatch(subject.pipeline));
    it("more padding changes nothing", () => paddingIsNothing(subject.pipeline));
    it("later items do not change earlier positions", () => causal(subject, options.positions));
    it("saved and loaded it ranks the same", () => survivesSaving(subject));
    it("a second step does not recompile", () => recompilesNothing(subject, learned), unlearned);
    it("unknown items only, and a list of nothing, are refused", () => refuses(subject.pipeline));
    it("an empty history is answered with popular items, marked cold", () => coldProfile(subject.pipeline));
    it("what it exports scores as it does", () => exportsItself(subject.pipeline));
  });
}

/** The model under test, fitted once for all tests that only ask it. */
class Subject {
  earlier: Earlier = {};
  pipeline!: Pipeline; // set by prepare, which runs before the tests

  constructor(readonly recommender: Recommender) {}

  async prepare(): Promise<void> {
    this.earlier = await fitted(this.recommender, data);
    this.pipeline = await opened(this.recommender, data, this.earlier);
  }
}

function validConfig(definition: RecommenderDefinition): void {
  expect(() => definition.build(parseConfig(definition.config, {}, definition.title))).not.toThrow();
  for (const option of describeConfig(definition.config)) {
    expect(option.description, `"${option.name}" needs a description`).not.toBe("");
  }
}

async function sameSeed({ recommender, earlier }: Subject, learns: boolean): Promise<void> {
  expect(await fitted(recommender, data)).toEqual(earlier);
  if (learns) expect(await fitted(recommender, data, 2)).not.toEqual(earlier);
}

/** Every history but its last item must have that item at rank 1 of what is left. */
async function memorises(pipeline: Pipeline): Promise<void> {
  const asked = ROWS.map((row) => profile(row.slice(0, -1)));
  const { scores } = await scoreProfiles(pipeline, asked);
  const ranks = ROWS.map((row, user) => {
    const own = scores.subarray(user * COLUMNS, (user + 1) * COLUMNS);
    hide(own, row.slice(0, -1));
    return rankOf(own, row[row.length - 1]);
  });
  expect(ranks).toEqual(ROWS.map(() => 1));
}

async function orderedLists(pipeline: Pipeline): Promise<void> {
  const answers = await recommendAll({ ...pipeline, profiles: ROWS.map(profile), topK: 7, maskHistory: true });
  answers.forEach(({ items, cold }, user) => {
    const indices = items.map(({ index }) => index);
    expect(cold).toBe(false);
    expect(indices).toHaveLength(7);
    expect(new Set(indices).size).toBe(7);
    expect(indices.every((index) => index >= 1 && index <= ITEMS && !ROWS[user].includes(index))).toBe(true);
    const scores = items.map(({ score }) => score);
    expect(scores).toEqual(scores.toSorted((a, b) => b - a));
  });
}

async function aloneAsInBatch(pipeline: Pipeline): Promise<void> {
  const profiles = ROWS.map((row) => profile(row.slice(0, 5))); // one length, so that padding has no part in it
  const together = await scoreProfiles(pipeline, profiles);
  for (const user of [0, 3, 7]) {
    const alone = await scoreProfiles(pipeline, [profiles[user]]);
    close(alone.scores, together.scores.subarray(user * COLUMNS, (user + 1) * COLUMNS));
  }
}

async function paddingIsNothing(pipeline: Pipeline): Promise<void> {
  const short = profile(ROWS[7].slice(0, 2));
  const alone = await scoreProfiles(pipeline, [short]);
  const padded = await scoreProfiles(pipeline, [profile(ROWS[7]), short]);
  close(alone.scores, padded.scores.subarray(COLUMNS));
}

async function causal({ recommender, earlier }: Subject, positions: SuiteOptions["positions"]): Promise<void> {
  if (positions === undefined) throw new Error("give the suite `positions`, or skip this test with a reason");
  const history = Int32Array.from(ROWS[7]);
  const changed = history.slice();
  const from = history.length - 3;
  changed.set([ROWS[0][0], ROWS[1][1], ROWS[2][2]], from);
  const before = await positions(recommender, earlier, history);
  const after = await positions(recommender, earlier, changed);
  expect(before).toHaveLength(history.length);
  for (let at = 0; at < from; at++) close(after[at], before[at]);
  expect(after[history.length - 1]).not.toEqual(before[history.length - 1]); // the change did arrive
}

async function survivesSaving({ recommender, earlier, pipeline }: Subject): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "deftrec-suite-"));
  try {
    const loaded: Record<string, { arrays: Arrays }> = {};
    for (const [stage, { arrays }] of Object.entries(earlier)) {
      const path = join(folder, `${stage}.safetensors`);
      await writeSafetensors(path, arrays);
      loaded[stage] = { arrays: (await readSafetensors(path)).arrays };
    }
    const again = await opened(recommender, data, loaded);
    const profiles = ROWS.map(profile);
    expect((await scoreProfiles(again, profiles)).scores).toEqual((await scoreProfiles(pipeline, profiles)).scores);
    await again.ranker[Symbol.asyncDispose]();
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** A few real steps with the stage's own optimizer, so that what starts at zero may leave it; gradients are noted. */
async function gradients({ recommender, earlier }: Subject, stages: readonly Learned[]): Promise<void> {
  for (const stage of stages) {
    const weights = Weights.draw(Key.of(1).fold("weights"));
    const prepared = await stage.prepare?.(data, earlier, Key.of(1), context);
    const model = stage.init(weights, data, earlier, prepared);
    const optimizer = stage.optimizer(100);
    const moved = new Set<string>();
    const noting: Optimizer = {
      trains: (address) => optimizer.trains?.(address) ?? true,
      init: (parameters) => optimizer.init(parameters),
      averaged: (parameters, state) => optimizer.averaged(parameters, state),
      update: (parameters, found, state, step) => {
        for (const [address, gradient] of Object.entries(found)) {
          const values = valuesOf(gradient);
          expect(values.every(Number.isFinite), `gradient of ${address}`).toBe(true);
          if (values.some((value) => value !== 0)) moved.add(address);
        }
        return optimizer.update(parameters, found, state, step);
      },
    };
    await using training = new TrainingStep(stage, model, weights, noting, context.runtime);
    let step = 0;
    for (let epoch = 0; epoch < 3; epoch++) {
      for await (const batch of stage.epoch(data, earlier, Key.of(epoch), prepared)) {
        step++;
        await training.take(batch, Key.of(1).fold(step), step);
      }
    }
    const trained = Object.keys(weights.parameters).filter((address) => optimizer.trains?.(address) ?? true);
    expect([...moved].sort(), `stage ${stage.name} of ${recommender.stages.length}`).toEqual(trained.sort());
  }
}

function valuesOf({ dense, rows = [] }: Gradient): number[] {
  return [...(dense ?? []), ...rows.flatMap(({ values }) => [...values])];
}

async function recompilesNothing(
  { recommender, earlier, pipeline }: Subject,
  stages: readonly Learned[],
): Promise<void> {
  for (const stage of stages) {
    const weights = Weights.draw(Key.of(1).fold("weights"));
    const prepared = await stage.prepare?.(data, earlier, Key.of(1), context);
    const model = stage.init(weights, data, earlier, prepared);
    await using training = new TrainingStep(stage, model, weights, stage.optimizer(100), context.runtime);
    const epoch = async (number: number) => {
      let step = 0;
      for await (const batch of stage.epoch(data, earlier, Key.of(number), prepared))
        await training.take(batch, Key.of(1), ++step);
    };
    await epoch(1);
    const compiled = training.compilations;
    await epoch(2);
    expect(compiled, `stage ${stage.name} of ${recommender.stages.length}`).toBeGreaterThan(0);
    expect(training.compilations).toBe(compiled);
  }
  await scoreProfiles(pipeline, ROWS.map(profile));
  const before = compilations();
  await scoreProfiles(pipeline, ROWS.map(profile));
  await scoreProfiles(pipeline, ROWS.slice(5).map(profile)); // another batch size, the same longest history
  expect(compilations()).toBe(before);
}

async function refuses(pipeline: Pipeline): Promise<void> {
  const ask = (history: readonly number[], topK: number) =>
    recommend({ ...pipeline, profile: profile(history), topK, maskHistory: true });
  await expect(ask([41, 42], 5)).rejects.toThrow(
    "history: item index 41 is not in the catalogue of 40 items. Expected indices from 1 to 40; leave out items the model was not trained on.",
  );
  await expect(ask(ROWS[0], 0)).rejects.toThrow("topK = 0: expected a whole number from 1 up, the length of the list.");
}

async function coldProfile(pipeline: Pipeline): Promise<void> {
  const { items, cold } = await recommend({ ...pipeline, profile: profile([]), topK: 5, maskHistory: true });
  const taken = (index: number) => ROWS.flat().filter((item) => item === index).length;
  const popular = Array.from({ length: ITEMS }, (_, at) => at + 1).toSorted((a, b) => taken(b) - taken(a) || a - b);
  expect(cold).toBe(true);
  expect(items.map(({ index }) => index)).toEqual(popular.slice(0, 5));
}

/** Where a model exports a graph, the file alone scores every history as the ranker does; where it does not, words say how. */
async function exportsItself({ ranker, key }: Pipeline): Promise<void> {
  const exported = ranker.export?.();
  if (exported === undefined) return; // `deftrec export` says so
  expect(exported.formula).not.toEqual([]);
  const folder = await mkdtemp(join(tmpdir(), "deftrec-suite-"));
  try {
    await writeSafetensors(join(folder, "model.safetensors"), exported.arrays);
    if (exported.graph === undefined) return;
    await writeOnnx(join(folder, "model.onnx"), exported.graph, "model.safetensors");
    await using file = await openOnnx(join(folder, "model.onnx"), context.runtime);
    for (const row of ROWS) {
      const own = row.slice(-exported.graph.maxLength);
      const inputs: Arrays = {
        items: int32(Int32Array.from(own), [1, own.length]),
        positions: int32(Int32Array.from(own.keys()), [own.length]),
        last: int32(Int32Array.of(own.length - 1), [1]),
      };
      const found = await file.run(Object.fromEntries(file.inputs.map((name) => [name, inputs[name]])));
      const expected = await ranker.score(await ranker.encode([profile(row)], key));
      for (const [expert, scores] of Object.entries(expected)) {
        close((found[expert].data as Float32Array).subarray(1), scores.subarray(1)); // as: scores are float32
      }
    }
  } finally {
    await rm(folder, { recursive: true });
  }
}

function profile(history: readonly number[]): Profile {
  return { history: Int32Array.from(history) };
}

/** Equal up to what another order of summation costs. */
function close(actual: Float32Array, expected: Float32Array): void {
  expect(actual).toHaveLength(expected.length);
  actual.forEach((value, at) => {
    if (value === expected[at]) return; // -Infinity too
    expect(Math.abs(value - expected[at])).toBeLessThan(1e-5 * Math.max(1, Math.abs(expected[at])));
  });
}
