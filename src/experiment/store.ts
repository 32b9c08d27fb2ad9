/**
 * What the trainer keeps, in a run directory: one safetensors file a finished stage, one a checkpoint. Everything that is
 * not an array stands as JSON in the file's own metadata, so that a checkpoint is replaced in one rename or not at all.
 *   stages/NAME.safetensors        arrays by name · metadata.finished
 *   checkpoints/NAME.safetensors   parameters/ADDRESS · state/ADDRESS · best/ADDRESS · metadata.progress
 */
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { CheckpointError } from "#base";
import { type Arrays, readSafetensors, writeSafetensors } from "#tensor";
import type { Checkpoint, Finished, Store } from "#train";
import { exists } from "./paths.ts";

/** A finished stage without its arrays. */
const finishedSchema = z.object({
  steps: z.int(),
  seconds: z.number(),
  best: z.object({ value: z.number(), epoch: z.int() }).optional(),
  files: z.array(z.object({ path: z.string(), hash: z.string() })).optional(),
});

/** A checkpoint without its arrays. */
const progressSchema = z.object({
  epoch: z.int(),
  cursor: z.int(),
  step: z.int(),
  seconds: z.number(),
  sinceBest: z.int(),
  sums: z.record(z.string(), z.number()),
  best: z.object({ value: z.number(), epoch: z.int() }).optional(),
});

/** Keeps artifacts and checkpoints in the run in `directory`. */
export class RunStore implements Store {
  constructor(readonly directory: string) {}

  async finished(stage: string): Promise<Finished | undefined> {
    const path = this.#path("stages", stage);
    if (!(await exists(path))) return undefined;
    const { arrays, metadata } = await readSafetensors(path);
    expectNumbers(path, arrays, "read");
    const { files, ...rest } = parse(finishedSchema, metadata.finished, path);
    return { artifact: files === undefined ? { arrays } : { arrays, files }, ...rest };
  }

  async saveFinished(stage: string, { artifact: { arrays, files }, ...rest }: Finished): Promise<void> {
    const path = this.#path("stages", stage);
    expectNumbers(path, arrays, "write");
    await mkdir(join(this.directory, "stages"), { recursive: true });
    await writeSafetensors(path, arrays, { finished: JSON.stringify({ ...rest, files }) });
    await rm(this.#path("checkpoints", stage), { force: true }); // a finished stage is not resumed
  }

  async checkpoint(stage: string): Promise<Checkpoint | undefined> {
    const path = this.#path("checkpoints", stage);
    if (!(await exists(path))) return undefined;
    const { arrays, metadata } = await readSafetensors(path);
    expectNumbers(path, arrays, "read");
    const { best, ...progress } = parse(progressSchema, metadata.progress, path);
    return {
      ...progress,
      parameters: below("parameters/", arrays),
      state: below("state/", arrays),
      ...(best && { best: { ...best, parameters: below("best/", arrays) } }),
    };
  }

  async saveCheckpoint(stage: string, checkpoint: Checkpoint): Promise<void> {
    const path = this.#path("checkpoints", stage);
    const { parameters, state, best, ...progress } = checkpoint;
    const arrays = {
      ...under("parameters/", parameters),
      ...under("state/", state),
      ...under("best/", best?.parameters),
    };
    expectNumbers(path, arrays, "write");
    await mkdir(join(this.directory, "checkpoints"), { recursive: true });
    const kept = { ...progress, ...(best && { best: { value: best.value, epoch: best.epoch } }) };
    await writeSafetensors(path, arrays, { progress: JSON.stringify(kept) });
  }

  #path(folder: string, stage: string): string {
    return join(this.directory, folder, `${stage}.safetensors`);
  }
}

function under(prefix: string, arrays: Arrays = {}): Arrays {
  return Object.fromEntries(Object.entries(arrays).map(([name, array]) => [prefix + name, array]));
}

function below(prefix: string, arrays: Arrays): Arrays {
  const own = Object.entries(arrays).filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(own.map(([name, array]) => [name.slice(prefix.length), array]));
}

/** Weights that are not numbers are never kept and never served: they would rank nothing and look like weights. */
function expectNumbers(path: string, arrays: Arrays, doing: "read" | "write"): void {
  for (const [name, { dtype, data }] of Object.entries(arrays)) {
    if (!dtype.startsWith("float") || !(data as Float32Array).includes(Number.NaN)) continue; // as: float32 or float64
    const what = doing === "read" ? "The file is damaged" : "The training diverged, the file was not written";
    throw new CheckpointError(
      `${path}: "${name}" holds values that are not numbers (NaN). ${what}; train again, with a lower learning rate if it diverges again.`,
      { code: "nan-weights", file: path, field: name },
    );
  }
}

function parse<S extends z.ZodType>(schema: S, text: string | undefined, path: string): z.output<S> {
  try {
    return schema.parse(JSON.parse(text ?? ""));
  } catch (cause) {
    throw new CheckpointError(`${path}: its metadata is not what deftrec writes. The file is damaged; train again.`, {
      code: "damaged-checkpoint",
      file: path,
      cause,
    });
  }
}
