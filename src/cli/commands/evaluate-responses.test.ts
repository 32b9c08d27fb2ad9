/** `evaluate --responses`: which words a run has for what is wanted next, and how often they are right. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, expect, test, vi } from "vitest";
import { commandJson as ask, commandLine } from "../../../test/fixtures/command-line.ts";
import { writeWalk } from "../../../test/fixtures/walk.ts";

const ITEMS = 20;
const SMALL =
  "dim=8 blocks=1 hidden=16 steps=20 negatives=20 pretrainEpochs=1 epochs=8 rerank=false collaborative=false";

let folder: string;
const at = (name: string) => join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "evaluate-responses-"));
  vi.stubEnv("DEFTREC_CACHE", at("cache"));
  await writeWalk(folder, { users: 30, items: ITEMS });
  return () => rm(folder, { recursive: true });
});

/** A run on a walk whose items have these categories. */
async function trained(name: string, categoryOf: (item: number) => string): Promise<string> {
  const rows = Array.from({ length: ITEMS }, (_, item) => `item-${item},${categoryOf(item)}\n`);
  await writeFile(at(`${name}.csv`), ["item,category\n", ...rows].join(""));
  const quick = SMALL.split(" ").flatMap((option) => ["--set", option]);
  const data = ["--data", at("walk.txt"), "--items", at(`${name}.csv`)];
  await ask("train", "--model", "deftrec", ...data, "--threads", "1", "--out", at(name), ...quick);
  return at(name);
}

test("of categories that are paths and nearly one an item, responses name the part that items share, always one that there is", async () => {
  const run = await trained("paths", (item) => `Brand ${item}/${item % 2 ? "Saws" : "Drills"}`);
  const { responses } = await ask("evaluate", run, "--responses");
  expect(responses).toMatchObject({ users: 30, named: 1, valid: 1 });
  expect(responses.right).toBeGreaterThan(0.9); // they take turns, which is soon learned
  const { stdout } = await commandLine(["evaluate", run, "--responses"]);
  expect(stdout).toMatch(
    /Responses of 30 users whose item has a category: 100(\.0)? ?% name one of the catalogue's, [\d.]+ ?% the item's own\./,
  );
  const { items } = await ask("recommend", run, "--history", "item-1,item-2", "--explain");
  expect(["Saws", "Drills"]).toContain(items[0].why.category);
});

test("a run whose words are groups says that its responses name nothing, not that they are wrong", async () => {
  const run = await trained("names", (item) => `Brand ${item}`);
  expect((await ask("evaluate", run, "--responses")).responses).toEqual({ users: 30, named: 0, valid: 0, right: 0 });
  expect((await commandLine(["evaluate", run, "--responses"])).stdout).toContain(
    "Responses of 30 users whose item has a category name none: this run's words are groups of items",
  );
});

test("where no item has a category there is nothing to name", async () => {
  const run = await trained("none", () => "");
  expect((await ask("evaluate", run, "--responses")).responses).toMatchObject({ users: 0 });
  expect((await commandLine(["evaluate", run, "--responses"])).stdout).toContain(
    "Responses: no user's item has a category to be named.",
  );
});
