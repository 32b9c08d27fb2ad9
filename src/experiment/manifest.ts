/**
 * What stands in a run's `manifest.json`: everything that decides its result (model, config, seed, dataset, options) and
 * where it stands. With the dataset it is enough to make the run again.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { CheckpointError, DataError, writeJson } from "#base";
import { SPLIT_NAMES } from "#data";
import { FIT_ON } from "./fit-on.ts";

/** Changes when run directories change shape. */
export const LAYOUT = 1;

const stageSchema = z.object({ name: z.string(), steps: z.int(), seconds: z.number() });

/** What `train` answers with. */
const summarySchema = z.object({
  run: z.string(),
  model: z.string(),
  dataset: z.string(),
  seed: z.int(),
  stages: z.array(stageSchema),
  best: z.object({ metric: z.string(), split: z.literal("valid"), value: z.number() }),
  seconds: z.number(),
  peakMemoryBytes: z.number(),
});
export type TrainSummary = z.output<typeof summarySchema>;

/** How a source was read, as `prepare` takes it. */
const importingSchema = z.object({
  format: z.string().optional(),
  items: z.string().optional(),
  itemColumns: z.record(z.string(), z.string()).optional(),
  columns: z.record(z.string(), z.string()).optional(),
  minRating: z.number().optional(),
  minUser: z.number().optional(),
  minItem: z.number().optional(),
});
export type Importing = z.output<typeof importingSchema>;

/** A manifest as it stands on disk. */
export const runSchema = z.object({
  layout: z.literal(LAYOUT),
  model: z.string(),
  config: z.record(z.string(), z.unknown()),
  seed: z.int(),
  dataset: z.object({
    name: z.string(),
    hash: z.string(),
    /** The prepared dataset. */
    path: z.string(),
    /** What it was prepared from, should it be gone (a cleared cache). */
    source: z.string(),
    importing: importingSchema,
  }),
  /** Whether validation hid the items of the history. */
  maskHistory: z.boolean(),
  /** Which split, where it is not leave-two-out. */
  split: z.object({ by: z.enum(SPLIT_NAMES), at: z.tuple([z.number(), z.number()]).readonly().optional() }).optional(),
  fitOn: z.enum(FIT_ON),
  device: z.enum(["cpu", "webgpu"]),
  versions: z.object({ deftrec: z.string(), node: z.string(), onnxruntime: z.string().nullable() }),
  state: z.enum(["training", "finished"]),
  /** Time spent before the last interruption. */
  seconds: z.number(),
  summary: summarySchema.optional(),
});
export type RunManifest = z.output<typeof runSchema>;

const FILE = "manifest.json";

/** Replaces the manifest of the run in `directory`. */
export async function writeManifest(directory: string, manifest: RunManifest): Promise<void> {
  await writeJson(join(directory, FILE), manifest);
}

/** The manifest of the run in `directory`. */
export async function readManifest(directory: string): Promise<RunManifest> {
  const path = join(directory, FILE);
  const text = await readFile(path, "utf8").catch((cause) => {
    throw new DataError(`${directory}: no run here (there is no ${FILE}). Expected what \`deftrec train\` made.`, {
      code: "no-run",
      file: path,
      hint: `Check the path, or train one: deftrec train --data DATA --model MODEL --out ${directory}`,
      cause,
    });
  });
  const result = runSchema.safeParse(parsed(text));
  if (result.success) return result.data;
  const field = result.error.issues[0].path.join(".");
  throw new CheckpointError(
    `${path}: this is not the manifest of a run${field === "" ? "" : ` (look at "${field}")`}. It is damaged, belongs to something else (a dataset?), or to another version of deftrec.`,
    { code: "damaged-run", file: path, field, hint: "Name a directory that `deftrec train` made, or train again." },
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // the schema refuses it, with the same words as any other damage
  }
}
