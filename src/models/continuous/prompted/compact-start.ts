/**
 * Where adapters start: the same model with its compact backbone is trained first, which takes minutes, and leaves item vectors and
 * a denoiser that rank already. A language model then has to learn what it reads of a history, not what items are.
 */
import type { Earlier, Learned } from "#recommender";
import type { JointBatch } from "../batches.ts";
import type { DeftRecConfig } from "../config.ts";
import { generatorStage, openSaved, spaceOf, startOf } from "../generator.ts";
import type { TrainingLanguage } from "../language.ts";
import { DeftRecNetwork } from "../network.ts";

const NAME = "compact";

/** The compact model, without the pre-trained tokenizer, whose tokens are as wide as the language model. */
export function compactStage(
  options: DeftRecConfig,
): Learned<DeftRecNetwork, JointBatch, TrainingLanguage | undefined> {
  const alone = { llm: "", llmMode: "frozen", reasoning: "none", queries: 1, conditionEncoder: "none" } as const;
  const own: DeftRecConfig = { ...options, ...alone };
  const without = ({ language: _, tokenizer: __, ...earlier }: Earlier): Earlier => earlier;
  const stage = generatorStage(own);
  return {
    ...stage,
    name: NAME,
    init: (weights, { catalogue }, earlier) => {
      return new DeftRecNetwork(
        weights.starting(startOf(earlier)),
        own,
        spaceOf(own, without(earlier), catalogue.size),
      );
    },
    open: (earlier, catalogue, context) => {
      return openSaved(own, { ...without(earlier), generator: earlier[NAME] }, catalogue, context);
    },
  };
}
