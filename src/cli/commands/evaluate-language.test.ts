/** `evaluate` of runs in which a language model reads with adapters: what is read once, and an ablation that says what it is. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, expect, test, vi } from "vitest";
import { LanguageModel } from "#llm";
import { commandJson as ask, commandLine } from "../../../test/fixtures/command-line.ts";
import { writeWalk } from "../../../test/fixtures/walk.ts";
import { writeTinyLanguageModel } from "../../../test/suites/tiny-language-model.ts";

let folder: string;
const at = (name: string) => join(folder, name);
/** Small and quick; what it learns does not matter here. */
const QUICK = [
  "llmMode=lora",
  "rerank=false",
  "collaborative=false",
  "dim=8",
  "hidden=16",
  "steps=20",
  "negatives=8",
].concat(["pretrainEpochs=0", "epochs=1", "llmEpochs=1", "loraRank=2", "maxLength=4", "promptTokens=700"]);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "evaluate-language-"));
  vi.stubEnv("DEFTREC_CACHE", at("cache"));
  const data = await writeWalk(folder, { users: 12, items: 10 });
  const llm = await writeTinyLanguageModel(at("model"));
  const train = ["train", "--data", data, "--threads", "1", "--model", "deftrec", "--llm", llm];
  const quick = QUICK.flatMap((option) => ["--set", option]);
  await ask(...train, "--out", at("adapters"), ...quick);
  await ask(...train, "--out", at("oracle"), ...quick, "--set", "reasoning=oracle", "--set", "reasoningTargets=1");
  return () => rm(folder, { recursive: true });
}, 120_000);

test("histories are read once, whatever is asked of them: the other mask, an expert alone, lists for everyone", async () => {
  const read = vi.spyOn(LanguageModel.prototype, "states");
  const first = await ask("evaluate", at("adapters"));
  const calls = read.mock.calls.length;
  expect(calls).toBeGreaterThan(0);
  expect((await ask("evaluate", at("adapters"))).metrics).toEqual(first.metrics);
  await ask("evaluate", at("adapters"), "--no-mask-history");
  await ask("evaluate", at("adapters"), "--expert", "generator");
  expect(read.mock.calls).toHaveLength(calls);
  await ask("batch", at("adapters"), "--out", at("lists.csv")); // histories with the item that was hidden
  const known = read.mock.calls.length;
  expect(known).toBeGreaterThan(calls);
  await ask("batch", at("adapters"), "--out", at("again.csv"));
  expect(read.mock.calls).toHaveLength(known);
});

test("an ablation that reads the answer says so beside its figures, and recommends to nobody", async () => {
  const { code, stdout } = await commandLine(["evaluate", at("oracle")]);
  expect(code).toBe(0);
  expect(stdout).toContain(
    "An ablation that READS THE ANSWER: the model was told each true next item. No figure of a recommender.",
  );
  expect((await ask("evaluate", at("oracle"))).protocol).toMatchObject({ readsAnswer: true });
  expect((await commandLine(["evaluate", at("adapters")])).stdout).not.toContain("READS THE ANSWER");
  const refused = await commandLine(["recommend", at("oracle"), "--history", "item-1,item-2"]);
  expect(refused).toMatchObject({ code: 2, stdout: "" });
  expect(refused.stderr).toContain("reasoning=oracle reads the true next item");
});
