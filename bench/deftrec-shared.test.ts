import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ownStages, takeOver } from "./deftrec-shared.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "deftrec-shared-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const STAGES = [
  "texts",
  "inner-generator",
  "inner-2-generator",
  "tokenizer",
  "generator",
  "mixture",
  "reranker",
  "together",
];

async function finished(summary: unknown): Promise<string> {
  const run = join(folder, "default");
  await mkdir(join(run, "stages"), { recursive: true });
  for (const stage of STAGES) await writeFile(join(run, "stages", `${stage}.safetensors`), stage);
  const config = { rerank: true, ways: 2, generator: "diffusion" };
  await writeFile(
    join(run, "manifest.json"),
    JSON.stringify({ seed: 3, config, state: "finished", seconds: 99, summary }),
  );
  return run;
}
const summary = { stages: STAGES.map((name, at) => ({ name, steps: 0, seconds: at + 1 })) };

test("the fused row trains nothing itself, a changed tokenizer also trains what comes of it", () => {
  expect([...ownStages(["rerank=false"])]).toEqual([]);
  expect([...ownStages(["rerankFolds=1", "rerankTargets=1"])]).toEqual([]);
  expect([...ownStages(["rerank=false", "negatives=64"])]).toEqual(["generator"]);
  expect([...ownStages(["rerank=false", "ways=1"])].sort()).toEqual(["generator", "tokenizer"]);
});

test("a run is laid out as interrupted, with the stages that are alike, their seconds and its own options", async () => {
  const from = await finished(summary);
  const to = join(folder, "changed");
  await takeOver(from, to, ["rerank=false", "ways=1"]);
  const there = STAGES.filter((stage) => existsSync(join(to, "stages", `${stage}.safetensors`)));
  expect(there).toEqual(["texts", "together"]);
  expect(JSON.parse(await readFile(join(to, "manifest.json"), "utf8"))).toEqual({
    ...{ seed: 3, state: "training", seconds: 9 },
    config: { rerank: false, ways: 1, generator: "diffusion" },
  });
});

test("nothing is taken from a default that is not finished, nor written over a run that is there", async () => {
  const from = await finished(undefined);
  await takeOver(from, join(folder, "new"), ["rerank=false"]);
  expect(existsSync(join(folder, "new"))).toBe(false);
  const done = await finished(summary);
  await mkdir(join(folder, "old"));
  await writeFile(join(folder, "old", "manifest.json"), "kept");
  await takeOver(done, join(folder, "old"), ["rerank=false"]);
  expect(await readFile(join(folder, "old", "manifest.json"), "utf8")).toBe("kept");
});
