import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Workbench } from "../../../test/suites/workbench.ts";
import { parseSynthetic } from "./synthetic.ts";

const bench = new Workbench();

test("a marketplace is imported like any log, with the best reachable figures in its manifest", async () => {
  const { info, dataset, messages } = await bench.import("synthetic:users=300,items=100,seed=3");
  expect(info).toMatchObject({ dataset: "synthetic", format: "synthetic", users: 300, items: 100, warnings: [] });
  expect(messages).toEqual([
    "synthetic:users=300,items=100,seed=3: read as the synthetic marketplace, because its name says so.",
  ]);
  expect(dataset.users.ids.slice(0, 2)).toEqual(["u1", "u2"]);
  const { bestReachable } = JSON.parse(await readFile(join(info.directory, "manifest.json"), "utf8"));
  const { masked, unmasked } = bestReachable.test;
  expect(masked["NDCG@10"]).toBeGreaterThan(0.3);
  expect(unmasked["NDCG@10"]).toBeGreaterThan(masked["NDCG@10"]);
  expect(dataset.manifest.bestReachable).toEqual(bestReachable);
});

test("histories arrive as they were drawn, at any two imports", async () => {
  const [once, again] = [await bench.import("synthetic:users=50"), await bench.import("synthetic:users=50")];
  expect(once.dataset.histories).toEqual(again.dataset.histories);
  expect(once.info.hash).toBe(again.info.hash);
  expect(once.dataset.histories.interactions).toBeGreaterThan(50 * 5);
});

test("a filtered marketplace claims no best reachable figure", async () => {
  const { dataset } = await bench.import("synthetic:users=60", { minUser: 12 });
  expect(dataset.users.count).toBeLessThan(60);
  expect(dataset.manifest.bestReachable).toBeUndefined();
});

test("what is not said has its default", () => {
  expect(parseSynthetic("synthetic")).toEqual({ users: 6000, items: 1200, seed: 1 });
  expect(parseSynthetic("synthetic:seed=4")).toEqual({ users: 6000, items: 1200, seed: 4 });
});

test("what is said wrong is answered with what is known", async () => {
  expect(await bench.failure(bench.import("synthetic:user=10"))).toMatchInlineSnapshot(`
    "ConfigError (unknown-key, field user)
    synthetic: unknown key "user", did you mean "users"? Known keys: users, items, seed.
    → "
  `);
  expect(await bench.failure(bench.import("synthetic:users=many"))).toMatchInlineSnapshot(`
    "ConfigError (bad-value, field users)
    synthetic: "users" = "many": Invalid input: expected number, received string.
    → "
  `);
  expect(await bench.failure(bench.import("synthetic:users"))).toMatchInlineSnapshot(`
    "ConfigError (bad-value, field users)
    synthetic:users: "users" is not understood. Expected synthetic:users=…,items=…,seed=….
    → "
  `);
});
