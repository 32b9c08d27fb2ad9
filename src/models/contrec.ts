/**
 * ContRec, DeftRec's successor: continuous tokens of a sigma-VAE, a language model that reads them, a dispersive diffusion
 * model with classifier-free guidance that generates the vector of what is wanted, and retrieval by that vector and by the
 * category that the response names.
 * Source: ContRec (arXiv 2504.12007 v3; authors' code Quhaoh233/ContRec@fb09d68). Its parts are DeftRec's engine
 * (continuous/), set its way: LightGCN's vectors, x₀ by squared error, four [PREF] queries behind an attention layer.
 * Differs: the dispersive term spreads (theirs pulls together) and acts on the denoiser's hidden layer; conditions are what
 * can be known when answering; the tokenizer is pre-trained and its noise is fresh. More in docs/contrec.md.
 */
import { z } from "zod";
import { defineRecommender, type Recommender } from "#recommender";
import { checkCombinations } from "./continuous/combinations.ts";
import { config as continuous, type DeftRecConfig } from "./continuous/config.ts";
import { generatingStages, openGenerator } from "./continuous/stages.ts";

/** Options of what stands beside the generator in DeftRec, which ContRec has none of. */
const NOT_HERE = { collaborative: true, rerank: true, textEncoder: true, text: true } as const;

/** Where ContRec is set otherwise than DeftRec. */
const SET = {
  space: "fixed",
  start: "lightgcn",
  scale: 1,
  objective: "x0",
  schedule: "exp",
  steps: 200,
  lateShare: 0,
  denoiser: "concat",
  denoiserBlocks: 1,
  dispersiveWeight: 0.5,
  dispersiveOf: "hidden",
  queries: 4,
  queryStart: "none",
  conditionEncoder: "attention",
  beta: 0.001,
  dropout: 0.2,
  tail: 1,
  samplingSteps: 20,
  guidance: 2,
  score: "distance",
  retrieval: "hybrid",
  textWeight: 1,
} as const satisfies Partial<DeftRecConfig>;

const config = z.strictObject(withDefaults(continuous.omit(NOT_HERE).shape, SET));

export const contrec = defineRecommender({
  title: "ContRec",
  paper: "https://arxiv.org/abs/2504.12007",
  summary: "DeftRec's successor: dispersive diffusion with guidance, and retrieval by vector and category together.",
  config,
  before: { llmStart: "none" },
  answering: ["samplingSteps", "samples", "guidance", "retrieval", "textWeight"],
  build: (given) => {
    const options: DeftRecConfig = { ...given, collaborative: false, rerank: false, text: false, textEncoder: "" };
    checkCombinations(options, "contrec");
    return generatorAlone(options);
  },
});

function generatorAlone(options: DeftRecConfig): Recommender {
  return {
    stages: generatingStages(options),
    open: (earlier, catalogue, context) => openGenerator(options, earlier, catalogue, context),
  };
}

/** The same options with these defaults. */
function withDefaults<S extends typeof continuous.shape | Omit<typeof continuous.shape, keyof typeof NOT_HERE>>(
  shape: S,
  defaults: Readonly<Record<string, unknown>>,
): S {
  const entries = Object.entries(shape).map(([name, schema]) => {
    if (!Object.hasOwn(defaults, name)) return [name, schema];
    const { description = "" } = schema;
    return [name, (schema.unwrap() as z.ZodType).default(defaults[name]).describe(description)];
  });
  return Object.fromEntries(entries) as S; // as: the same names, each of its own type
}
