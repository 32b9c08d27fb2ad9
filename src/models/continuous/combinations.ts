/** Options that each make sense, and together none: refused before anything is read or trained. */
import { ConfigError } from "#base";
import type { DeftRecConfig } from "./config.ts";

interface Rule {
  readonly field: keyof DeftRecConfig;
  readonly broken: (options: DeftRecConfig) => boolean;
  /** What was asked, and why it makes no sense. */
  readonly says: string;
  readonly hint: string;
}

const squared = ({ objective }: DeftRecConfig) => objective !== "ranking";

const RULES: readonly Rule[] = [
  {
    field: "objective",
    broken: (options) => squared(options) && options.space === "joint",
    says: "a squared error (x0, noise, v) of vectors that are trained with it is least where all items are alike",
    hint: "Set space=fixed, or objective=ranking.",
  },
  {
    field: "start",
    broken: ({ space, start }) => space === "fixed" && start === "random",
    says: "vectors drawn by chance that stay as they are (space=fixed) say nothing of the items",
    hint: "Set start=lightgcn or start=neighbours.",
  },
  {
    field: "pairWeight",
    broken: (options) => options.pairWeight > 0 && !squared(options),
    says: "pairWeight compares squared errors, and objective=ranking, which has its own negatives, has none",
    hint: "Set pairWeight=0, or an objective of x0, noise or v.",
  },
  {
    field: "dispersiveWeight",
    broken: ({ dispersiveWeight, objective }) => dispersiveWeight > 0 && (objective === "noise" || objective === "v"),
    says: "dispersiveWeight spreads vectors that are generated, and what noise or v say is none",
    hint: "Set dispersiveWeight=0, or objective=x0 or ranking.",
  },
  {
    field: "score",
    broken: (options) => options.score !== "inner" && !squared(options),
    says: "objective=ranking is trained by inner products, whose scale would be lost by any other score",
    hint: "Set score=inner.",
  },
  {
    field: "generator",
    broken: ({ generator, objective }) => generator === "one-step" && objective === "noise",
    says: "at the last noise level alone (generator=one-step) the noise is all there is: to say it is to repeat the input",
    hint: "Set objective=x0 or v, or generator=diffusion.",
  },
  {
    field: "samplingSteps",
    broken: ({ generator, samplingSteps }) => generator === "one-step" && samplingSteps > 1,
    says: "generator=one-step has learned the last noise level alone, and samplingSteps above 1 ask others",
    hint: "Set samplingSteps=1, or generator=diffusion.",
  },
  {
    field: "samplingSteps",
    broken: ({ objective, samplingSteps }) => objective === "noise" && samplingSteps < 2,
    says: "one step from pure noise divides the error of the said noise by the last level's signal, which is nearly 0",
    hint: "Set samplingSteps to 20 or more, or another objective.",
  },
  {
    field: "guidance",
    broken: ({ guidance, nullShare }) => guidance > 0 && nullShare === 0,
    says: "guidance asks what is said under the null condition, which nullShare=0 never trains",
    hint: "Set nullShare=0.1, or guidance=0.",
  },
  {
    field: "conditionEncoder",
    broken: ({ queries, conditionEncoder, llm, llmMode }) => {
      return queries > 1 && conditionEncoder === "none" && !(llm !== "" && llmMode === "lora");
    },
    says: "of several queries' states (queries above 1) the last alone would be heard without a conditionEncoder",
    hint: "Set conditionEncoder=attention, or queries=1.",
  },
  {
    field: "reasoning",
    broken: ({ reasoning, llm, llmMode }) => reasoning !== "none" && (llm === "" || llmMode !== "lora"),
    says: "a response before [PREF] (reasoning) is one that a language model writes, which llmMode=lora trains",
    hint: "Set reasoning=none, or name a model (--llm MODEL) with llmMode=lora.",
  },
  {
    field: "reasoning",
    broken: ({ reasoning, rerank }) => reasoning === "oracle" && rerank,
    says: "reasoning=oracle reads the answer, of which a re-ranker's histories know none",
    hint: "Set rerank=false.",
  },
  {
    field: "llmMode",
    broken: ({ llm, llmMode }) => llm === "" && llmMode === "lora",
    says: "llmMode=lora trains adapters of a language model, and none is named",
    hint: "Name one: --llm MODEL.",
  },
  {
    field: "llm",
    broken: ({ llm, generator }) => llm !== "" && generator === "none",
    says: "a language model (llm) speaks through the generator, and generator=none has none",
    hint: "Leave llm out, or set generator=diffusion.",
  },
  {
    field: "dim",
    broken: ({ denoiser, dim }) => denoiser === "plain" && dim % 2 !== 0,
    says: "denoiser=plain adds sines and cosines of the noise level, of equal number, to vectors of width dim",
    hint: "Set an even dim, or denoiser=ada-ln.",
  },
];

/** Throws a `ConfigError` of the first rule that the options break. */
export function checkCombinations(options: DeftRecConfig, model = "deftrec"): void {
  const rule = RULES.find(({ broken }) => broken(options));
  if (rule === undefined) return;
  throw new ConfigError(`${model}: ${rule.says}. ${rule.hint}`, {
    code: "no-such-combination",
    field: rule.field,
    hint: rule.hint,
  });
}
