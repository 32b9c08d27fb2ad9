/**
 * What validation chose: how long each stage trains and how experts are fused, in a run's `choices.json`. It is all that a
 * fit on more data takes over from the fit on train, and all of validation that reaches the model.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { CheckpointError, writeJson } from "#base";

const shareSchema = z.object({
  weight: z.number(),
  power: z.number(),
  trend: z.number(),
  popularity: z.number(),
  confidence: z.number(),
  typicalMass: z.number(),
});

const choicesSchema = z.object({
  /** Epochs by stage, of those that validation stopped. */
  epochs: z.record(z.string(), z.int()),
  /** Stages that the log was too small for. */
  skipped: z.array(z.string()).optional(),
  /** Absent where a model has one expert. */
  fusion: z.record(z.string(), shareSchema).optional(),
  /** What the chosen model reached on validation, fitted on train. */
  valid: z.object({ users: z.int(), metrics: z.record(z.string(), z.number()) }),
});
export type Choices = z.output<typeof choicesSchema>;

const FILE = "choices.json";

/** Writes beside and renames. */
export async function writeChoices(run: string, choices: Choices): Promise<void> {
  await writeJson(join(run, FILE), choices);
}

/** The choices of the run in `directory`, undefined while nothing is chosen. */
export async function readChoices(directory: string): Promise<Choices | undefined> {
  const path = join(directory, FILE);
  const text = await readFile(path, "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return choicesSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new CheckpointError(`${path}: this is not what a run writes about its choices. The file is damaged.`, {
      code: "damaged-run",
      file: path,
      hint: "Restore the run from a copy, or train again.",
      cause,
    });
  }
}
