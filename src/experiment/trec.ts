/** `evaluate --trec --qrels`: what was ranked and what was right, for judges that are not us. Streamed, and renamed when whole. */
import { type FileHandle, open } from "node:fs/promises";
import { replaceFile, writeWhole } from "#base";
import { type Evaluation, type ListListener, qrelsLine, runLines } from "#eval";
import type { OpenedRun } from "./opened-run.ts";
import { expectNoDirectory } from "./paths.ts";

/** How many places of each ranking a run file holds when nobody says. */
export const TREC_DEPTH = 1000;

export interface TrecOptions {
  /** The run file: every user's ranking. */
  readonly trec?: string;
  /** Places of each ranking in the run file; 1000 by default. */
  readonly depth?: number;
  /** The relevance judgements: every asked user's target. */
  readonly qrels?: string;
}

/** Evaluates by `ask`, which shows the rankings to its listener, and writes the files that are wanted. */
export async function withTrecFiles(
  model: OpenedRun,
  split: "test" | "valid",
  { trec, depth = TREC_DEPTH, qrels }: TrecOptions,
  ask: (listener?: ListListener) => Promise<Evaluation>,
): Promise<Evaluation> {
  // What would fail after the last user is asked for before the first.
  for (const path of [trec, qrels]) if (path !== undefined) await expectNoDirectory(path);
  const found = trec === undefined ? await ask() : await writeRun(model, trec, depth, ask);
  if (qrels !== undefined) await writeWhole(qrels, judgements(model, split, found.userRows));
  return found;
}

async function writeRun(
  model: OpenedRun,
  path: string,
  depth: number,
  ask: (listener: ListListener) => Promise<Evaluation>,
): Promise<Evaluation> {
  const found: Evaluation[] = [];
  await replaceFile(path, async (part) => {
    const file = await open(part, "wx");
    try {
      found.push(await ask(runWriter(model, file, depth)));
      await file.sync();
    } finally {
      await file.close();
    }
  });
  return found[0];
}

function runWriter({ material: { dataset }, manifest }: OpenedRun, file: FileHandle, depth: number): ListListener {
  let unwritten: string[] = [];
  return {
    depth,
    hear: (user, _, { indices, scores }) => {
      const items = Array.from(indices, (index) => dataset.catalogue.idOf(index));
      unwritten.push(runLines(dataset.users.ids[user], items, scores, manifest.model));
    },
    flush: async () => {
      const lines = unwritten;
      unwritten = [];
      for (const line of lines) await file.writeFile(line);
    },
  };
}

/** Judgements of the asked users, some thousand lines at a time. */
function* judgements({ material: { dataset, split } }: OpenedRun, name: "test" | "valid", rows: Int32Array) {
  const { users, targets } = split[name];
  const encoder = new TextEncoder();
  let lines = "";
  let k = 0;
  for (const row of rows) {
    while (users[k] !== row) k++; // both rise
    lines += qrelsLine(dataset.users.ids[row], dataset.catalogue.idOf(targets[k]));
    if (lines.length < 2 ** 16) continue;
    yield encoder.encode(lines);
    lines = "";
  }
  yield encoder.encode(lines);
}
