/**
 * DeftRec: a history becomes continuous tokens, a language model reads them, a diffusion model generates the vector of what
 * is wanted next, and items are ranked by it, beside what stands near the history in training and by text.
 * Source: DeftRec (arXiv 2504.12007 v1); authors' code Quhaoh233/DeftRec@f29f02a. Its defects and what we do instead:
 * docs/deftrec.md.
 */
import { defineRecommender, type Ranker, type Recommender, reranked } from "#recommender";
import { collaborativeExpert, collaborativeStages } from "./continuous/collaborative.ts";
import { checkCombinations } from "./continuous/combinations.ts";
import { config, type DeftRecConfig } from "./continuous/config.ts";
import { BRIEF, expertStages, savedExperts } from "./continuous/experts.ts";
import { generatingStages, openGenerator } from "./continuous/stages.ts";
import { neighbourRanker } from "./experts/neighbours.ts";
import { together } from "./experts/together.ts";

const RERANKING = { candidates: 200, nets: 3, hidden: 64, epochs: 12, brief: BRIEF } as const;

export const deftrec = defineRecommender({
  title: "DeftRec",
  paper: "https://arxiv.org/abs/2504.12007",
  summary:
    "Continuous tokens, a language model that reads them, a diffusion model that generates the next item's vector.",
  config,
  before: { queryStart: "none", llmStart: "none", rerankFolds: 1, rerankTargets: 1 },
  answering: ["samplingSteps", "samples", "guidance", "retrieval", "textWeight"],
  build: (options) => {
    checkCombinations(options);
    const fused = fusedDeftRec(options);
    if (!options.rerank) return fused;
    const { rerankFrom: leastLists, rerankFolds: folds, rerankTargets: targets } = options;
    return reranked(fused, { ...RERANKING, leastLists, folds, targets });
  },
});

/** The generator and the experts beside it. */
function fusedDeftRec(options: DeftRecConfig): Recommender {
  const generates = options.generator !== "none";
  return {
    stages: [
      ...(options.collaborative ? collaborativeStages(options) : []),
      ...(generates ? generatingStages(options) : []),
      ...expertStages(options),
    ],
    open: async (earlier, catalogue, context) => {
      const neighbours = neighbourRanker(savedExperts(options, catalogue, earlier));
      const beside = options.collaborative
        ? together(await collaborativeExpert(earlier, catalogue, context), neighbours)
        : neighbours;
      if (!generates) return beside;
      const first = await openGenerator(options, earlier, catalogue, context);
      // as: a pair's halves fit each other whatever their states are
      return together(first, beside as Ranker<unknown>);
    },
  };
}
