/** Rules in the words of whoever asks, on a marketplace whose items have brands and categories. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, expect, test, vi } from "vitest";
import type { Event } from "#base";
import { load, type Model } from "./model.ts";
import { trainRun } from "./train.ts";

let model: Model;

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), "rules-"));
  vi.stubEnv("DEFTREC_CACHE", join(folder, "cache"));
  const run = join(folder, "run");
  await trainRun({ data: "synthetic:users=80,items=120,seed=3", model: "transitions", out: run });
  model = await load(run);
  return async () => {
    await model[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  };
});

const rowOf = (item: string) => model.pipeline.catalogue.row(model.pipeline.catalogue.indexOf(item) ?? 0);
const user = "u1";

test("a filter leaves a list as long as was asked for, in the order of the whole list", async () => {
  const all = await model.recommend({ user, topK: 1000, emit: () => {} });
  const { brand, category } = model.pipeline.catalogue.row(7);
  const { items } = await model.recommend({ user, topK: 5, where: `brand = '${brand}' or category = '${category}'` });
  const meets = all.items.filter(({ item }) => rowOf(item).brand === brand || rowOf(item).category === category);
  expect(items).toEqual(meets.slice(0, 5));
  expect(meets.length).toBeGreaterThan(5);
});

test("a large factor brings a category to the top in its own order, a small one behind the others", async () => {
  const { category } = model.pipeline.catalogue.row(7);
  const list = async (factor: number) => {
    const boost = [{ where: `category = '${category}'`, factor }];
    const { items } = await model.recommend({ user, topK: 1000, boost, emit: () => {} });
    return items.filter(({ score }) => score > 0).map(({ item }) => item); // so many times nothing is nothing
  };
  const isOne = (item: string) => rowOf(item).category === category;
  const plain = await list(1);
  const [own, others] = [plain.filter(isOne), plain.filter((item) => !isOne(item))];
  expect(plain).not.toEqual([...own, ...others]);
  expect(await list(1e12)).toEqual([...own, ...others]);
  expect(await list(1e-12)).toEqual([...others, ...own]);
});

test("a model without vectors diversifies by category and brand", async () => {
  const spread = async (diversity: number) => {
    const { items } = await model.recommend({ user, topK: 8, diversity });
    return new Set(items.map(({ item }) => rowOf(item).category)).size;
  };
  expect(await spread(0.9)).toBeGreaterThan(await spread(0));
});

test("ids that the catalogue does not have are told", async () => {
  const events: Event[] = [];
  await model.recommend({ user, exclude: ["nothing"], emit: (event) => events.push(event) });
  expect(events).toEqual([
    { type: "warning", text: 'exclude: not in the catalogue, so that nothing is taken out: "nothing".' },
  ]);
});
