/** What stands in a search's `search.json`: what was asked, and how far each trial is. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { CheckpointError, DataError, writeJson } from "#base";
import { runSchema } from "../manifest.ts";

/** How epochs are given to trials: all to each, or more to the best. */
export const STRATEGIES = ["random", "halving"] as const;
export type Strategy = (typeof STRATEGIES)[number];

const LAYOUT = 1;

const resultSchema = z.object({
  trial: z.string(),
  /** What the space gave. */
  config: z.record(z.string(), z.unknown()),
  /** Validation at each rung that the trial has reached; of several epochs the best. */
  values: z.array(z.number()),
  seconds: z.number(),
  /** Why it cannot be trained. */
  failed: z.string().optional(),
  finished: z.boolean(),
});
export type TrialResult = z.output<typeof resultSchema>;

const searchSchema = z.object({
  layout: z.literal(LAYOUT),
  model: z.string(),
  space: z.record(z.string(), z.unknown()),
  strategy: z.enum(STRATEGIES),
  /** Trials that were asked for; the space may hold fewer. */
  trials: z.int(),
  eta: z.int(),
  ...runSchema.pick({ seed: true, dataset: true, maskHistory: true, split: true, device: true }).shape,
  state: z.enum(["searching", "finished"]),
  /** The name of the best run, beside this file. */
  best: z.string().optional(),
  results: z.array(resultSchema),
});
export type SearchManifest = Omit<z.output<typeof searchSchema>, "layout">;

const FILE = "search.json";

/** Writes beside and renames. */
export async function writeSearch(directory: string, manifest: SearchManifest): Promise<void> {
  await writeJson(join(directory, FILE), { layout: LAYOUT, ...manifest });
}

/** The manifest of the search in `directory`. */
export async function readSearch(directory: string): Promise<SearchManifest> {
  const path = join(directory, FILE);
  const text = await readFile(path, "utf8").catch((cause) => {
    throw new DataError(`${directory}: no search here (there is no ${FILE}).`, {
      code: "no-search",
      file: path,
      hint: "Check the path, or search under another --out.",
      cause,
    });
  });
  try {
    return searchSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new CheckpointError(`${path}: this is not what a search writes. The file is damaged.`, {
      code: "damaged-search",
      file: path,
      hint: "The trials beside it are whole runs; search again under another --out.",
      cause,
    });
  }
}
