/** The stages of the generating half, whichever language model reads, and what opens what they left. */
import type { Catalogue } from "#data";
import type { Computed, Context, Earlier, Learned, Ranker } from "#recommender";
import { collaborativeStages } from "./collaborative.ts";
import type { DeftRecConfig } from "./config.ts";
import { generatorStage, openSaved } from "./generator.ts";
import { languageStage, readsLanguage } from "./language.ts";
import { pretrainingStage } from "./pretraining.ts";
import { compactStage } from "./prompted/compact-start.ts";
import { isPrompted, openSavedPrompted, promptedLanguageStage, promptedStage } from "./prompted/stages.ts";
import type { GeneratorState } from "./ranker.ts";
import { textsStage, vectorsStage } from "./vectors.ts";

/** In order; LightGCN's where vectors start there, unless others have it as a stage already. */
export function generatingStages(options: DeftRecConfig): (Computed | Learned)[] {
  return [
    ...(options.start === "lightgcn" && !options.collaborative ? collaborativeStages(options) : []),
    ...(options.space === "fixed" ? [] : [textsStage(options)]),
    ...(readsLanguage(options) ? [languageStage(options)] : []),
    ...(isPrompted(options) ? [promptedLanguageStage(options)] : []),
    vectorsStage(options),
    ...(isPrompted(options) && options.llmStart === "compact" ? [compactStage(options)] : []),
    pretrainingStage(options),
    isPrompted(options) ? promptedStage(options) : generatorStage(options),
  ];
}

/** The generator that the stages left. */
export function openGenerator(
  options: DeftRecConfig,
  earlier: Earlier,
  catalogue: Catalogue,
  context: Context,
): Promise<Ranker<GeneratorState>> {
  const open = isPrompted(options) ? openSavedPrompted : openSaved;
  return open(options, earlier, catalogue, context);
}
