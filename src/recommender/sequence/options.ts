/** What models that read a history item by item have in common, as options; each adds what is its own. */
import { z } from "zod";
import { ConfigError } from "#base";

/** Options of reading, comparing and training; spread into a model's config. */
export const sequenceShape = {
  maxLength: z.int().min(1).default(50).describe("last items of a history that are read"),
  windows: z
    .enum(["last", "cut", "sliding"])
    .default("last")
    .describe(
      "what a training row reads of longer histories: their last items, all of them side by side, or overlapping",
    ),
  stride: z.int().min(1).default(25).describe("items between the ends of two windows (sliding)"),
  negatives: z
    .int()
    .min(1)
    .default(512)
    .describe("items a batch shares as negatives (sampled-softmax and what ranks against a sample)"),
  negativePower: z
    .number()
    .min(0)
    .max(1)
    .default(0)
    .describe("how far popular items are likelier negatives: 0 all alike, 1 as often as they are taken"),
  scoring: z
    .enum(["cosine", "inner"])
    .default("cosine")
    .describe("whether item vectors have unit length (and a learned scale)"),
  batchSize: z.int().min(1).default(64).describe("histories B of a step"),
  learningRate: z.number().positive().default(1e-3).describe("highest rate of Adam"),
  warmup: z
    .number()
    .min(0)
    .max(1)
    .default(0.05)
    .describe("share of all steps in which the rate rises; then it falls along a cosine"),
  average: z
    .number()
    .min(0)
    .max(0.9999)
    .default(0.997)
    .describe("decay of the moving average of weights that is validated and served; 0: none"),
  epochs: z.int().min(1).default(30).describe("at most"),
  validateEvery: z.int().min(1).default(2).describe("epochs between two validations"),
  patience: z.int().min(1).default(4).describe("validations without improvement before it stops"),
  bucket: z.boolean().default(true).describe("group histories of like length, so that padding is not computed"),
} as const;

/** How the wrong items of a loss are drawn: none, one for each position, or some that a batch shares. */
export const SAMPLES = {
  ce: "none",
  bce: "own",
  "sampled-softmax": "shared",
  "bpr-max": "shared",
  top1: "shared",
} as const;

/** What a position is trained by. */
export type SequenceLoss = keyof typeof SAMPLES;

const shape = z.strictObject(sequenceShape);

/** The shared options, and what every such model says besides. */
export interface SequenceOptions extends z.output<typeof shape> {
  /** Width D of item vectors. */
  readonly dim: number;
  readonly loss: SequenceLoss;
  /** λ of bpr-max; 0 when not said. */
  readonly regularisation?: number;
}

/** Fails where windows would leave items out. */
export function requireNoGaps(model: string, { windows, stride, maxLength }: SequenceOptions): void {
  if (windows !== "sliding" || stride <= maxLength) return;
  throw new ConfigError(
    `${model}: "stride" = ${stride} is above "maxLength" = ${maxLength}, so that items would fall between two windows.`,
    { code: "bad-value", field: "stride" },
  );
}
