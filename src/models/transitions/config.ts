/** What may be said of item transitions. */
import { z } from "zod";
import { DISTANCES } from "#retrieval";

export const config = z.strictObject({
  decay: z
    .number()
    .min(0.05)
    .max(1)
    .default(0.6)
    .describe("weight of an item relative to the one after it (worth trying: 0.6, 0.7, 0.8, 0.95)"),
  beta: z
    .number()
    .min(0)
    .max(1)
    .default(0.3)
    .describe("how strongly an item's popularity is divided away (worth trying: 0.3, 0.5, 1)"),
  back: z.number().min(0).max(1).default(0.5).describe("weight of a transition read backwards"),
  window: z.int().min(1).max(1000).default(10).describe("positions between two items that still count as a transition"),
  distance: z.enum(DISTANCES).default("1/d").describe("what a transition over d positions weighs"),
  fitLength: z
    .int()
    .min(2)
    .default(200)
    .describe("last items of each training history that transitions are taken from"),
  queryLength: z.int().min(1).max(100).default(20).describe("last items of a history that are looked up"),
  text: z.boolean().default(false).describe("items whose texts share rare words as a further expert"),
  textTerms: z
    .enum(["leading", "pairs"])
    .default("leading")
    .describe("what stands beside single words: a title's first word and first two, or all pairs"),
  textDecay: z.number().min(0.05).max(1).default(0.7).describe("as decay, for neighbours by text"),
  textEncoder: z
    .string()
    .default("")
    .describe(
      "a sentence encoder (directory with model.onnx, tokenizer.json) or language model: its neighbours as a third expert; implies text",
    ),
});
export type TransitionsConfig = z.output<typeof config>;
