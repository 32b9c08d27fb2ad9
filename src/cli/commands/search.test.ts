import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, expect, test, vi } from "vitest";
import { commandLine } from "../../../test/fixtures/command-line.ts";
import { writeWalk } from "../../../test/fixtures/walk.ts";

let folder: string;
const at = (name: string) => join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "search-command-"));
  vi.stubEnv("DEFTREC_CACHE", at("cache"));
  await writeWalk(folder);
  await writeFile(at("space.yaml"), "decay: { min: 0.2, max: 0.9 }\nwindow: 2\n");
  return () => rm(folder, { recursive: true });
});

/** Models and options come and go; other tests know them. */
const withoutLists = (text: string) => text.replace(/Known (\w+): [^.]*\./g, "Known $1: ….");

const words = (...more: string[]) => ["search", "--data", at("walk.txt"), "--model", "transitions", ...more];

test("a table, best first, and what to do next; --set wins over the file", async () => {
  const { code, stdout, stderr } = await commandLine(
    words("--out", at("found"), "--space", at("space.yaml"), "--trials", "2", "--set", "decay=[0.3,0.7]"),
  );
  expect({ code, stderr: code === 0 ? "" : stderr }).toEqual({ code: 0, stderr: "" });
  const lines = stdout
    .replaceAll(/\d+\.\d s/g, "T s")
    .replaceAll(folder, "TMP")
    .split("\n");
  expect(lines[0].split(/\s+/)).toEqual(["trial", "decay", "window", "NDCG@10", "time"]);
  expect(
    lines
      .slice(2, 4)
      .map((line) => line.split(/\s+/)[1])
      .sort(),
  ).toEqual(["0.3", "0.7"]);
  expect(lines.at(-5)).toBe("TMP/found: transitions on walk, 2 trials, T s. By validation; test was not asked.");
  expect(lines.at(-2)).toMatch(/^Next: deftrec evaluate TMP\/found\/trial-00[12]$/);
});

test("one JSON object, and the same again from what is there", async () => {
  const asked = words("--out", at("json"), "--set", "decay={min: 0.2, max: 0.9}", "--trials", "2", "--json");
  const first = await commandLine(asked);
  const report = JSON.parse(first.stdout);
  expect(Object.keys(report)).toEqual([
    "search",
    "model",
    "dataset",
    "strategy",
    "seed",
    "metric",
    "split",
    "budget",
    "rungs",
    "best",
    "trials",
    "seconds",
  ]);
  expect(report).toMatchObject({ strategy: "random", metric: "NDCG@10", split: "valid", budget: { trials: 2 } });
  expect(JSON.parse((await commandLine([...asked, "--resume"])).stdout)).toEqual(report);
});

test("mistakes say what to do, and leave nothing behind", async () => {
  const tried = async (...more: string[]) => {
    const { code, stderr } = await commandLine(words("--out", at("new"), ...more));
    return `${code} ${withoutLists(stderr.replaceAll(`${folder}/`, "")).trim()}`;
  };
  expect([
    await tried("--set", "decai=[1]"),
    await tried("--set", "decay=[0.5,7]"),
    await tried("--space", at("nowhere.yaml")),
    await tried("--strategy", "grid"),
  ]).toMatchInlineSnapshot(`
    [
      "2 error: search space of transitions: unknown key "decai", did you mean "decay"? Known keys: ….
      See: deftrec search --help",
      "2 error: search space of transitions: "decay" = 7: Too big: expected number to be <=1.
      See: deftrec search --help",
      "3 error: --space nowhere.yaml: no such file. Expected a YAML or JSON file of options.
      Check the path.",
      "2 error: --strategy: expected random or halving, got "grid".
      See: deftrec search --help",
    ]
  `);
  expect(await readdir(folder)).not.toContain("new");
});
