/** An exported model outside the engine: the example script, a process of its own, makes the list that recommend makes. */
import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { beforeAll, expect, test, vi } from "vitest";
import { load, type Model, trainRun } from "#experiment";
import { readSafetensors } from "#tensor";
import { SMALL, writeWalk } from "./fixtures/walk.ts";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "export-"));
  vi.stubEnv("DEFTREC_CACHE", join(folder, "cache"));
  const data = await writeWalk(folder);
  const config = { ...SMALL, epochs: 2, maxLength: 5 };
  await trainRun({ data, model: "sasrec", config, out: join(folder, "sasrec") });
  await trainRun({ data, model: "sasrec", config: { ...config, scoring: "inner" }, out: join(folder, "inner") });
  await trainRun({ data, model: "transitions", out: join(folder, "transitions") });
  return () => rm(folder, { recursive: true });
}, 120_000);

async function exported(run: string, ask: (model: Model, out: string) => Promise<void>): Promise<void> {
  await using model = await load(join(folder, run));
  const out = join(folder, `${run}-export`);
  await model.export({ out });
  await ask(model, out);
}

const manifestOf = async (out: string) => JSON.parse(await readFile(join(out, "manifest.json"), "utf8"));

test.each(["sasrec", "inner"])("the script alone makes the list that recommend makes: %s", async (run) => {
  await exported(run, async (model, out) => {
    expect((await readdir(out)).sort()).toEqual(["items.json", "manifest.json", "model.onnx", "model.safetensors"]);
    for (const history of [["item-3"], ["item-3", "gone", "item-4", "item-9", "item-10", "item-11", "item-12"]]) {
      const words = ["examples/score-with-onnx.mjs", out, history.join(","), "7"];
      const { status, stdout, stderr } = spawnSync(process.execPath, words, { cwd: resolve("."), encoding: "utf8" });
      expect(status, stderr).toBe(0);
      const { items } = await model.recommend({ history, topK: 7 });
      const found: { items: { item: string; score: number }[] } = JSON.parse(stdout);
      expect(found.items.map(({ item }) => item)).toEqual(items.map(({ item }) => item));
      found.items.forEach(({ score }, at) => {
        expect(score).toBeCloseTo(items[at].score, 4);
      });
    }
    const { graph, arrays } = await manifestOf(out);
    expect(graph).toMatchObject({ maxLength: 5, outputs: [{ name: "sasrec", dtype: "float32" }] });
    expect(graph.inputs.map(({ name }: { name: string }) => name).sort()).toEqual(["items", "last", "positions"]);
    expect(graph.inputs.every(({ meaning }: { meaning?: string }) => meaning !== undefined)).toBe(true);
    expect(arrays.shapes["items.weight"].shape).toEqual([41, SMALL.dim]);
  });
});

test("what is no graph says in words how its arrays make scores, and they do", async () => {
  await exported("transitions", async (model, out) => {
    const manifest = await manifestOf(out);
    expect(manifest.graph).toBeNull();
    expect(manifest.use[1]).toContain("score = base + Σ_age 0.6^age · K[history[-1 - age]]");
    const ids: (string | null)[] = JSON.parse(await readFile(join(out, "items.json"), "utf8"));
    const { arrays } = await readSafetensors(join(out, "model.safetensors"));
    const [base, starts, columns, values] = ["base", "starts", "columns", "values"].map((name) => arrays[name].data);
    const history = ["item-3", "item-4"].map((id) => ids.indexOf(id));
    const scores = Array.from(base, Number);
    history.toReversed().forEach((item, age) => {
      for (let at = Number(starts[item]); at < Number(starts[item + 1]); at++) {
        scores[Number(columns[at])] += 0.6 ** age * Number(values[at]);
      }
    });
    const list = [...scores.keys()].filter((index) => index > 0 && !history.includes(index));
    list.sort((a, b) => scores[b] - scores[a] || a - b);
    const { items } = await model.recommend({ history: ["item-3", "item-4"], topK: 5 });
    expect(list.slice(0, 5).map((index) => ids[index])).toEqual(items.map(({ item }) => item));
  });
});

test("an export is never written over, and nothing stays of one that failed", async () => {
  await using model = await load(join(folder, "transitions"));
  const before = await readdir(folder);
  await expect(model.export({ out: join(folder, "sasrec") })).rejects.toThrow("this exists already.");
  const { ranker } = model.pipeline;
  ranker.export = undefined;
  await expect(model.export({ out: join(folder, "new") })).rejects.toThrow(
    'the model "transitions" cannot be exported: it does not say how its scores are computed outside this package.',
  );
  expect(await readdir(folder)).toEqual(before);
});
