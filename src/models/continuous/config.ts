import { z } from "zod";
import { itemTokenizers } from "#tokenizers";

const KINDS = Object.keys(itemTokenizers) as (keyof typeof itemTokenizers)[]; // as: keys of that object

/** DeftRec's options. The defaults are the best found on validation (docs/log.md), not the paper's. */
export const config = z.strictObject({
  dim: z.int().min(2).default(64).describe("width D of item vectors, tokens and states"),
  text: z.boolean().default(true).describe("whether items are also read by their texts, where the catalogue has any"),
  textEncoder: z
    .string()
    .default("")
    .describe(
      "a sentence encoder (directory with model.onnx, tokenizer.json) or language model that reads the texts beside their words",
    ),
  llm: z
    .string()
    .default("")
    .describe("a pretrained language model (directory or GGUF file) that reads histories, too; none where empty"),
  llmMode: z
    .enum(["frozen", "lora"])
    .default("frozen")
    .describe(
      "frozen: it reads histories as text, and its states stand beside the items' tokens; lora: the tokens stand inside its prompt, and adapters learn",
    ),
  llmStart: z
    .enum(["compact", "none"])
    .default("compact")
    .describe(
      "what item vectors and denoiser start from where llmMode=lora: what the compact backbone taught them before; or nothing (paper)",
    ),
  llmEpochs: z.int().min(1).default(3).describe("epochs at most, where llmMode=lora"),
  promptTokens: z.int().min(64).default(1024).describe("tokens of prompts that a step reads, where llmMode=lora"),
  loraRank: z.int().min(0).default(16).describe("rank of the adapters on all seven projections (paper: 16)"),
  loraAlpha: z.number().positive().default(32).describe("alpha of the adapters, which count alpha / rank (paper: 32)"),
  loraDropout: z.number().min(0).max(0.95).default(0.05).describe("of what adapters read (paper: 0.05)"),
  llmPrecision: z
    .enum(["float32", "int8", "packed"])
    .default("int8")
    .describe(
      "arithmetic of a pretrained language model: as exact as its weights; in 8 bits, the fastest; in the 4 or 8 bits of its file, the smallest",
    ),
  reasoning: z
    .enum(["none", "generated", "oracle"])
    .default("none")
    .describe(
      "what stands before [PREF] where llmMode=lora: the history alone; a response that the model wrote itself, in training anew each epoch (paper); or the true one, an ablation that READS THE ANSWER and can be evaluated only",
    ),
  reasoningTargets: z
    .int()
    .min(1)
    .default(4)
    .describe(
      "last positions of a history (of a window, where it is long) that are learned from, where reasoning is not none",
    ),
  reasoningTokens: z
    .int()
    .min(0)
    .default(8)
    .describe("tokens behind the category of a response that stands before [PREF]"),
  titleTokens: z.int().min(2).default(16).describe("tokens of an item's title that a language model reads at most"),
  start: z
    .enum(["random", "neighbours", "lightgcn"])
    .default("random")
    .describe(
      "where item vectors start: by chance, from what stands together in training, or from LightGCN's propagated vectors",
    ),
  space: z
    .enum(["joint", "fixed"])
    .default("joint")
    .describe(
      "whether item vectors are trained with all else, of length 1; or stay as they start, standardised, texts left out (paper)",
    ),
  objective: z
    .enum(["ranking", "x0", "noise", "v"])
    .default("ranking")
    .describe(
      "what the denoiser is trained for: to rank the target among sampled items, or, by squared error, to say x0, the noise (paper) or v",
    ),
  pairWeight: z
    .number()
    .min(0)
    .default(0)
    .describe("weight of the true item's error being below that of wrong ones under its condition (paper: 0.5)"),
  pairNegatives: z
    .int()
    .min(1)
    .default(1)
    .describe("wrong items of each position's own, where pairWeight counts (authors' code: the mean of 10)"),
  dispersiveWeight: z
    .number()
    .min(0)
    .default(0)
    .describe("weight of the dispersive loss, which spreads what is generated for a batch (ContRec: 0.5)"),
  dispersiveOf: z
    .enum(["generated", "hidden"])
    .default("generated")
    .describe("what the dispersive loss spreads: generated vectors, or the layer that the denoiser's last map reads"),
  queries: z
    .int()
    .min(1)
    .max(16)
    .default(1)
    .describe("[PREF] queries behind a history, whose states are the condition"),
  queryStart: z
    .enum(["item", "none"])
    .default("item")
    .describe(
      "what is added to a [PREF] query: the token that leads the item before it, where its state then starts; or nothing (paper)",
    ),
  conditionEncoder: z
    .enum(["none", "attention"])
    .default("none")
    .describe(
      "how states at several queries become one condition: the last of them, or by a layer of attention (ContRec)",
    ),
  denoiser: z
    .enum(["ada-ln", "plain", "concat"])
    .default("ada-ln")
    .describe(
      "residual blocks steered by noise level and condition, linear maps of their sum (paper), or maps of them side by side (ContRec)",
    ),
  score: z
    .enum(["inner", "distance", "cosine"])
    .default("inner")
    .describe("how generated vectors and items are compared when answering (paper: distance)"),
  tokenizer: z
    .enum(KINDS)
    .default("additive")
    .describe(
      "how items become tokens: continuous, whose mean says all; discrete of K codebooks side by side; or one after the other",
    ),
  codes: z.int().min(2).default(256).describe("codes C of a codebook, of discrete tokenizers (TokenRec, TIGER: 256)"),
  ways: z.int().min(1).max(8).default(2).describe("tokens K an item becomes (paper: 2)"),
  mask: z
    .number()
    .min(0)
    .max(0.9)
    .default(0.1)
    .describe("share of an item's features that the tokenizer hides in training (paper: 0.1)"),
  noise: z.number().min(0).default(0.1).describe("scale C of the noise on tokens in training (ContRec: 0.1)"),
  beta: z
    .number()
    .min(0)
    .default(0)
    .describe("weight of continuous tokens' squared means (ContRec: 0.5 in code, unused)"),
  barlow: z.number().min(0).default(0).describe("weight of the Barlow-Twins loss between ways (DeftRec's code: 0.5)"),
  diversity: z.number().min(0).default(0).describe("weight of the squared cosine between an item's continuous tokens"),
  reconstruction: z.number().min(0).default(0.1).describe("weight of the tokenizer's reconstruction in joint training"),
  pretrainEpochs: z
    .int()
    .min(0)
    .default(20)
    .describe("epochs in which the tokenizer learns to reconstruct before it is used"),
  tokenizerRate: z.number().min(0).default(0.1).describe("the tokenizer's learning rate in joint training, as a share"),
  blocks: z.int().min(1).default(2).describe("blocks of the compact backbone"),
  heads: z.int().min(1).default(2).describe("attention heads; they divide the width"),
  hidden: z.int().min(1).default(128).describe("width inside a block's feed-forward half and of the denoiser"),
  dropout: z
    .number()
    .min(0)
    .max(0.95)
    .default(0.4)
    .describe("of tokens, attention weights, halves of blocks and the denoiser"),
  maxLength: z
    .int()
    .min(1)
    .default(20)
    .describe("last items of a history that are read; longer ones are cut into windows to learn from"),
  languageModelWeight: z
    .number()
    .min(0)
    .default(0.1)
    .describe("weight of the response's cross-entropy beside the diffusion loss (authors' code, configure_loss)"),
  collaborative: z
    .boolean()
    .default(true)
    .describe("whether LightGCN, learned from who took what, speaks beside the generator"),
  rerank: z
    .boolean()
    .default(true)
    .describe("whether a small net orders the best candidates anew; otherwise experts are fused"),
  rerankFrom: z
    .int()
    .min(1)
    .default(500)
    .describe(
      "how many histories of two training items it takes to learn such an order; with fewer, experts are fused",
    ),
  rerankFolds: z
    .int()
    .min(1)
    .max(8)
    .default(2)
    .describe(
      "fits that the re-ranker learns from, each without the last items of its share of the histories; 1: of everyone's",
    ),
  rerankTargets: z
    .int()
    .min(1)
    .max(8)
    .default(2)
    .describe("last items of a history that the re-ranker learns from, and that these fits have not seen"),
  generator: z
    .enum(["diffusion", "one-step", "none"])
    .default("diffusion")
    .describe(
      "what makes the vector: a denoiser trained over all noise levels, or only at the last; none: the fast mode without a neural model",
    ),
  schedule: z
    .enum(["linear", "cosine", "exp", "sqrt"])
    .default("cosine")
    .describe("how noise grows over the steps (paper: linear)"),
  steps: z.int().min(2).default(1000).describe("steps S of the diffusion chain (paper: 1000)"),
  lateShare: z
    .number()
    .min(0)
    .max(1)
    .default(0.7)
    .describe("share of training steps drawn from the last tenth of the chain, the part that ranks"),
  scale: z.number().positive().default(0.5).describe("length of clean vectors before noise, in units of √D"),
  denoiserBlocks: z.int().min(1).default(2).describe("residual blocks of an ada-ln denoiser"),
  nullShare: z
    .number()
    .min(0)
    .max(1)
    .default(0.1)
    .describe("share of conditions replaced by a learned null in training (classifier-free guidance)"),
  negatives: z.int().min(1).default(512).describe("items a batch shares as negatives"),
  tail: z
    .number()
    .min(0)
    .max(1)
    .default(0.3)
    .describe("weight of a position far from the end of a history; the last one weighs 1"),
  positions: z.int().min(16).default(1500).describe("positions of a step"),
  learningRate: z.number().positive().default(1e-3).describe("rate of Adam"),
  average: z
    .number()
    .min(0)
    .max(0.9999)
    .default(0.997)
    .describe("decay of the moving average of weights that is validated and served"),
  epochs: z.int().min(1).default(28).describe("at most"),
  leastSteps: z
    .int()
    .min(1)
    .default(20)
    .describe("steps an epoch has at least: several passes over histories of which one takes fewer"),
  firstValidation: z.int().min(1).default(12).describe("epochs before the first validation"),
  patience: z.int().min(1).default(3).describe("validations without improvement before it stops"),
  samplingSteps: z
    .int()
    .min(1)
    .default(1)
    .describe("denoising steps when answering, the last of them right from pure noise"),
  samples: z.int().min(1).default(1).describe("vectors generated a user, whose probabilities are averaged"),
  retrieval: z
    .enum(["latent", "text", "hybrid"])
    .default("latent")
    .describe("what items are found by: the generated vector, the category that the response names, or both (ContRec)"),
  textWeight: z
    .number()
    .min(0)
    .default(0.5)
    .describe("weight of the category's log-probability beside the vector's, where retrieval=hybrid"),
  guidance: z.number().min(0).default(0).describe("strength w of classifier-free guidance when answering"),
});

/** The options as they are used, all of them said. */
export type DeftRecConfig = z.output<typeof config>;
