/** Which prepared dataset a run means, today: it may have moved out of the cache, and must not have changed. */
import { resolve } from "node:path";
import { DataError, type Emit } from "#base";
import { type PreparedInfo, prepare } from "#data";
import type { Interrupt } from "#recommender";
import type { Importing, RunManifest } from "./manifest.ts";
import { exists } from "./paths.ts";

/** Prepares `source`, or finds it prepared, and describes it the way a run's manifest does. */
export async function describeDataset(
  source: string,
  importing: Importing,
  emit: Emit,
  signal?: Interrupt,
): Promise<RunManifest["dataset"]> {
  const { dataset, hash, directory } = await prepare(source, { ...importing, signal }, emit);
  const items = importing.items && resolve(importing.items);
  return {
    name: dataset,
    hash,
    path: resolve(directory),
    source: (await exists(source)) ? resolve(source) : source, // a made source's words are no path
    importing: { ...importing, ...(items && { items }) },
  };
}

/** The dataset of a run, prepared anew where it was cleared away. */
export async function locateDataset(
  run: string,
  { path, source, importing, hash }: RunManifest["dataset"],
  emit: Emit,
  signal?: Interrupt,
): Promise<PreparedInfo> {
  const there = await exists(path);
  const found = there ? await prepare(path, { signal }, emit) : await prepare(source, { ...importing, signal }, emit);
  expectUnchanged(run, found.directory, hash, found.hash);
  return found;
}

/** A run and other data would be a result that nobody can explain. */
export function expectUnchanged(run: string, dataset: string, then: string, now: string): void {
  if (then === now) return;
  throw new DataError(
    `${dataset}: not the data that ${run} was trained on (content hash ${now.slice(0, 12)} instead of ${then.slice(0, 12)}). The log, the catalogue or the import options changed.`,
    { code: "dataset-changed", file: dataset, hint: "Bring the old data back, or train a new run on the new data." },
  );
}
