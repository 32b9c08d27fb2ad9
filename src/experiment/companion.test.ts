/** The thread beside: it says what the ranker here says, of every other batch, and fails in words that are understood. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, expect, test, vi } from "vitest";
import type { Ranker } from "#recommender";
import { SMALL, writeWalk } from "../../test/fixtures/walk.ts";
import { accompanied, Companion, companyFor } from "./companion.ts";
import { load } from "./model.ts";
import { trainRun } from "./train.ts";

let folder: string;
let run: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "companion-"));
  vi.stubEnv("DEFTREC_CACHE", join(folder, "cache"));
  run = join(folder, "sasrec");
  await trainRun({ data: await writeWalk(folder), model: "sasrec", config: { ...SMALL, epochs: 1 }, out: run });
  return () => rm(folder, { recursive: true });
});

const runtime = { device: "cpu", threads: 1 } as const;

async function opened(companion: Companion): Promise<void> {
  await vi.waitFor(() => expect(companion.isFree).toBe(true), { timeout: 20_000, interval: 20 });
}

test("of two batches asked at a time one is scored there, and both are what the ranker alone says, bit by bit", async () => {
  await using model = await load(run, { runtime });
  await using companion = new Companion({ run, answering: {}, runtime });
  const { ranker, key } = model.pipeline;
  const here: number[] = [];
  const counted: Ranker = {
    ...ranker,
    score: (states, items) => {
      here.push(states.length);
      return ranker.score(states, items);
    },
  };
  const both = accompanied(counted, companion);
  const { histories } = model.material.dataset;
  const batches = [0, 20, 50].map((from, at) =>
    Array.from({ length: 20 + 10 * at }, (_, user) => ({ history: histories.of(from + user) })),
  );
  const score = async (one: Ranker, batch: (typeof batches)[number]) => one.score(await one.encode(batch, key));
  const alone = [];
  for (const batch of batches) alone.push(await score(ranker, batch));

  expect(await score(both, batches[0])).toEqual(alone[0]); // whether it has read the run by now or not
  await opened(companion);
  here.length = 0;
  const together = await Promise.all(batches.map((batch) => score(both, batch)));
  expect(together).toEqual(alone);
  expect(here).toEqual([30, 40]); // the first went over
  expect(await score(both, batches[2])).toEqual(alone[2]); // and it is free again
  expect(here).toEqual([30, 40]);
});

test("a run that cannot be opened is told as the error it is, to whoever asks", async () => {
  await using companion = new Companion({ run: join(folder, "nothing"), answering: {}, runtime });
  await opened(companion);
  await expect(companion.score([{ history: Int32Array.of(1) }])).rejects.toMatchObject({ name: "DataError" });
});

test("few users, one thread, or a model that works in ONNX Runtime need no company", async () => {
  await using model = await load(run, { runtime: { device: "cpu", threads: 2 } });
  const { ranker } = model.pipeline;
  const described = (own: Ranker, threads = 2) => {
    const pipeline = { ranker: own };
    return { run, answering: {}, runtime: { device: "cpu", threads } as const, pipeline };
  };
  const several: Ranker = { ...ranker, experts: { a: "logits", b: "mass" } };
  expect(companyFor(described(ranker), 5000).ranker).toBe(ranker);
  expect(companyFor(described(several), 1999).ranker).toBe(several);
  expect(companyFor(described(several, 1), 5000).ranker).toBe(several);
  await using company = companyFor(described(several), 2000);
  expect(company.ranker.batches).toBe(2);
});
