/**
 * What the trainer keeps, in a run directory: one safetensors file a finished stage, one a checkpoint. Everything that is
 * not an array stands as JSON in the file's own metadata, so that a checkpoint is replaced in one rename or not at all.
 *   stages/NAME.safetensors        arrays by name · metadata.finished
 *   checkpoints/NAME.safetensors   parameters/ADDRESS · state/ADDRESS · fresh/NAME · best/ADDRESS · metadata.progress
 * metadata.checksum is the CRC-32 of the words and the arrays: a bit that flipped is damage, not other weights.
 */
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { z } from "zod";
import { CheckpointError } from "#base";
import { type Arrays, readSafetensors, writeSafetensors } from "#tensor";
import type { Checkpoint, Finished, Store } from "#train";
import { exists } from "./paths.ts";

/** A finished stage without its arrays. */
const finishedSchema = z.object({
  steps: z.int(),
  seconds: z.number(),
  skipped: z.boolean().optional(),
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

/** What stands beside the arrays, by folder. */
const WORDS = { stages: "finished", checkpoints: "progress" } as const;
type Folder = keyof typeof WORDS;

/** What to do about a damaged file, by folder. */
const REMEDIES = {
  stages:
    "Restore the file from a copy, or train again. In a run that is not finished: remove it and add --resume, and this stage is trained again.",
  checkpoints: "Remove the file and add --resume: this stage begins anew, finished ones are kept.",
} as const;

/** Keeps artifacts and checkpoints in the run in `directory`. */
export class RunStore implements Store {
  constructor(readonly directory: string) {}

  async finished(stage: string): Promise<Finished | undefined> {
    const read = await this.#read("stages", stage, finishedSchema);
    if (read === undefined) return undefined;
    const { arrays } = read;
    const { files, ...rest } = read.words;
    return { artifact: files === undefined ? { arrays } : { arrays, files }, ...rest };
  }

  async saveFinished(stage: string, { artifact: { arrays, files }, ...rest }: Finished): Promise<void> {
    await this.#write("stages", stage, arrays, { ...rest, files });
    await rm(this.#path("checkpoints", stage), { force: true }); // a finished stage is not resumed
  }

  async checkpoint(stage: string): Promise<Checkpoint | undefined> {
    const read = await this.#read("checkpoints", stage, progressSchema);
    if (read === undefined) return undefined;
    const { arrays } = read;
    const { best, ...progress } = read.words;
    const fresh = below("fresh/", arrays);
    return {
      ...progress,
      parameters: below("parameters/", arrays),
      state: below("state/", arrays),
      ...(Object.keys(fresh).length > 0 && { fresh }),
      ...(best && { best: { ...best, parameters: below("best/", arrays) } }),
    };
  }

  async saveCheckpoint(stage: string, checkpoint: Checkpoint): Promise<void> {
    const { parameters, state, fresh, best, ...progress } = checkpoint;
    const arrays = {
      ...under("parameters/", parameters),
      ...under("state/", state),
      ...under("fresh/", fresh),
      ...under("best/", best?.parameters),
    };
    const kept = { ...progress, ...(best && { best: { value: best.value, epoch: best.epoch } }) };
    await this.#write("checkpoints", stage, arrays, kept);
  }

  async #write(folder: Folder, stage: string, arrays: Arrays, words: unknown): Promise<void> {
    const path = this.#path(folder, stage);
    expectNumbers(path, arrays, "write");
    await mkdir(join(this.directory, folder), { recursive: true });
    const text = JSON.stringify(words);
    await writeSafetensors(path, arrays, { [WORDS[folder]]: text, checksum: checksum(arrays, text) });
  }

  async #read<S extends z.ZodType>(folder: Folder, stage: string, schema: S) {
    const path = this.#path(folder, stage);
    if (!(await exists(path))) return undefined;
    try {
      const { arrays, metadata } = await readSafetensors(path);
      const text = metadata[WORDS[folder]] ?? "";
      // Runs of before 2026-11-25 have none.
      if (metadata.checksum !== undefined && metadata.checksum !== checksum(arrays, text)) throw changed(path);
      expectNumbers(path, arrays, "read");
      return { arrays, words: parse(schema, text, path) };
    } catch (cause) {
      if (!(cause instanceof CheckpointError)) throw cause;
      const { message, code, file, field } = cause;
      throw new CheckpointError(message, { code, file, field, hint: REMEDIES[folder], cause });
    }
  }

  #path(folder: Folder, stage: string): string {
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

/** One hash call takes less than 4 GiB. */
const LONGEST_PIECE = 1 << 30;

/** CRC-32 of the words, then of each array's name, type, shape and bytes, in the order of names. */
function checksum(arrays: Arrays, words: string): string {
  let sum = crc32(words);
  for (const name of Object.keys(arrays).sort()) {
    const { dtype, shape, data } = arrays[name];
    sum = crc32(`${name} ${dtype} ${shape}`, sum);
    for (let at = 0; at < data.byteLength; at += LONGEST_PIECE) {
      const length = Math.min(LONGEST_PIECE, data.byteLength - at);
      sum = crc32(new Uint8Array(data.buffer, data.byteOffset + at, length), sum);
    }
  }
  return sum.toString(16);
}

function changed(path: string): CheckpointError {
  return new CheckpointError(
    `${path}: its content is not what was written (the checksum differs). The file is damaged.`,
    {
      code: "damaged-checkpoint",
      file: path,
    },
  );
}

function parse<S extends z.ZodType>(schema: S, text: string, path: string): z.output<S> {
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    throw new CheckpointError(`${path}: its metadata is not what deftrec writes. The file is damaged; train again.`, {
      code: "damaged-checkpoint",
      file: path,
      cause,
    });
  }
}
