/** `batch`: lists for everyone, or for some, as a Parquet file (user, rank, item, score). Memory does not grow with users. */
import { stat } from "node:fs/promises";
import { setImmediate } from "node:timers/promises";
import { DataError, type Emit, InterruptedError } from "#base";
import { ParquetWriter } from "#data";
import { ahead, type Interrupt, Lists, requireTopK, rowsAtOnce } from "#recommender";
import { companyFor } from "./companion.ts";
import { few } from "./ids.ts";
import type { OpenedRun } from "./opened-run.ts";
import { type Rules, readRules } from "./rules.ts";

export interface BatchOptions extends Rules {
  /** The Parquet file; one that is there is replaced. */
  readonly out: string;
  /** Length of the lists, 10 by default. */
  readonly topK?: number;
  /** Whom to recommend to; all users of the data by default. Unknown ones get popular items. */
  readonly users?: readonly string[];
  readonly emit?: Emit;
  readonly signal?: Interrupt;
}

export interface BatchSummary {
  readonly out: string;
  readonly model: string;
  readonly users: number;
  readonly rows: number;
  /** Users of whom nothing was known. */
  readonly cold: number;
  readonly seconds: number;
}

const COLUMNS = { user: "VARCHAR", rank: "INTEGER", item: "VARCHAR", score: "FLOAT" } as const;

export async function batchOf(model: OpenedRun, options: BatchOptions): Promise<BatchSummary> {
  const startedAt = performance.now();
  const { out, topK = 10, users: chosen, emit = model.emit, signal } = options;
  await refuseDirectory(out);
  const { catalogue } = model.pipeline;
  requireTopK(topK, catalogue.size, emit); // once, not for each of the batches
  const ids = chosen ?? model.material.dataset.users.ids;
  if (chosen !== undefined) warnOfUnknown(model, chosen, emit);
  const rules = await readRules(model, options, emit);
  await using company = companyFor(model, ids.length);
  const pipeline = { ...model.pipeline, ranker: company.ranker };
  await using lists = await Lists.open({ ...pipeline, ...rules, topK }, model.runtime);
  await using writer = await ParquetWriter.open(COLUMNS, signal);
  const atOnce = lists.searches ? 256 : rowsAtOnce(catalogue.size + 1);
  let [rows, cold] = [0, 0];
  const batches = Array.from({ length: Math.ceil(ids.length / atOnce) }, (_, at) =>
    ids.slice(at * atOnce, (at + 1) * atOnce),
  );
  const answer = async (some: readonly string[]) => {
    if (signal?.aborted) throw new InterruptedError("interrupted; nothing was written.");
    return { some, found: await lists.of(some.map((id) => ({ history: storedHistory(model, id) }))) };
  };
  let done = 0;
  for await (const { some, found } of ahead(batches, company.ranker.batches ?? 1, answer)) {
    found.forEach((list, at) => {
      list.items.forEach(({ index, score }, place) => {
        writer.append(some[at], place + 1, catalogue.idOf(index), score);
      });
      rows += list.items.length;
      if (list.cold) cold++;
    });
    done += some.length;
    emit({ type: "progress", what: "batch", done, of: ids.length });
    await setImmediate(); // scoring may never leave the microtask queue: Ctrl-C has its turn here
  }
  await writer.write(out);
  const seconds = (performance.now() - startedAt) / 1000;
  return { out, model: model.manifest.model, users: ids.length, rows, cold, seconds };
}

function storedHistory({ material: { dataset } }: OpenedRun, id: string): Int32Array {
  const row = dataset.users.rowOf(id);
  return row === undefined ? new Int32Array(0) : dataset.histories.of(row);
}

function warnOfUnknown({ material: { dataset } }: OpenedRun, ids: readonly string[], emit: Emit): void {
  const unknown = ids.filter((id) => dataset.users.rowOf(id) === undefined);
  if (unknown.length === 0) return;
  emit({
    type: "warning",
    text: `users: ${unknown.length} of ${ids.length} are not in the data and get popular items: ${few(unknown)}.`,
  });
}

/** Before hours of work, not after them. */
async function refuseDirectory(out: string): Promise<void> {
  const there = await stat(out).catch(() => undefined);
  if (!there?.isDirectory()) return;
  throw new DataError(`${out}: this is a directory. Expected the name of a Parquet file to write.`, {
    code: "not-a-file",
    file: out,
    hint: `Name a file in it: --out ${out.replace(/\/$/, "")}/lists.parquet`,
  });
}
