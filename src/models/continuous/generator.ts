/**
 * The joint stage: tokenizer, backbone and denoiser learn together, from where pre-training left the tokenizer.
 */
import type { Catalogue } from "#data";
import { Weights } from "#nn";
import { adam, chain, clipGlobalNorm, freeze, movingAverage, type Optimizer, rates } from "#optim";
import type { Context, Earlier, Learned, Ranker } from "#recommender";
import { savedFloat32, savedInt32 } from "#retrieval";
import { type Arrays, float32 } from "#tensor";
import { type ItemSide, type JointBatch, jointEpoch, jointSteps } from "./batches.ts";
import type { DeftRecConfig } from "./config.ts";
import { HistoryLanguage, languageWidth, TrainingLanguage } from "./language.ts";
import { DeftRecNetwork } from "./network.ts";
import { GeneratorRanker, type GeneratorState, tableOf } from "./ranker.ts";
import { CompactReader } from "./reader.ts";
import { namesOfWords } from "./response-words.ts";
import type { Space } from "./space.ts";

export function generatorStage(
  options: DeftRecConfig,
): Learned<DeftRecNetwork, JointBatch, TrainingLanguage | undefined> {
  return {
    kind: "learned",
    name: "generator",
    epochs: options.epochs,
    patience: options.patience,
    validateEvery: 2,
    validateFrom: options.firstValidation,
    stop: "ranking",
    prepare: (data, earlier, _key, context) => TrainingLanguage.of(options, data, earlier, context),
    init: (weights, { catalogue }, earlier) => {
      return new DeftRecNetwork(
        weights.starting(jointStart(earlier)),
        options,
        spaceOf(options, earlier, catalogue.size),
      );
    },
    steps: ({ histories }) => jointSteps(histories, options),
    epoch: ({ histories, catalogue }, earlier, key, language) =>
      jointEpoch(histories, sideOf(earlier, catalogue.size), options, key, language),
    loss: (network, batch, key) => network.loss(batch, key),
    optimizer: () => jointOptimizer(options),
    open: (earlier, catalogue, context) => openSaved(options, earlier, catalogue, context),
  };
}

/** Where joint training starts: item vectors, and what pre-training left of the tokenizer. */
export function jointStart(earlier: Earlier): Arrays {
  const entries = Object.entries(earlier.tokenizer?.arrays ?? {});
  return {
    ...startOf(earlier),
    ...Object.fromEntries(entries.filter(([address]) => /^(tokenizer|text)\./.test(address))),
  };
}

/** What joint training descends by, whichever language model reads. */
export function jointOptimizer({ space, average, tokenizerRate, learningRate }: DeftRecConfig): Optimizer {
  return movingAverage(
    average,
    chain(
      ...(space === "fixed" ? [freeze((address) => address.startsWith("items."))] : []),
      clipGlobalNorm(1, (address) => !address.startsWith("items.")),
      rates((address) => (address.startsWith("tokenizer.") ? tokenizerRate : 1)),
      adam({ rate: learningRate, betas: [0.9, 0.98] }),
    ),
  );
}

/** The generator that the stages left. */
export async function openSaved(
  options: DeftRecConfig,
  earlier: Earlier,
  catalogue: Catalogue,
  context: Context,
): Promise<Ranker<GeneratorState>> {
  const { size } = catalogue;
  const sizes = spaceOf(options, earlier, size);
  const space = { ...sizes, groupNames: namesOfWords(catalogue, sizes.groups) };
  const side = sideOf(earlier, size);
  const weights = Weights.read(earlier.generator.arrays);
  const network = new DeftRecNetwork(weights, options, space);
  const { vectors, tokens } = await tableOf(network.items, weights.arrays, side, context);
  const language = await HistoryLanguage.open(options, earlier, catalogue, context);
  const { arrays: parameters } = weights;
  const reader = new CompactReader(network, options, space, tokens.data, language, context, parameters);
  const { generation } = network;
  return new GeneratorRanker(options, { generation, parameters, vectors, groupOf: side.groupOf, reader }, context);
}

export function spaceOf(options: DeftRecConfig, earlier: Earlier, items: number): Space {
  const { groupOf, text } = sideOf(earlier, items);
  const groups = groupOf.reduce((most, group) => Math.max(most, group), 0) + 1;
  return {
    items,
    groups,
    textWidth: text?.shape[1] ?? 0,
    ...widthsOf(options, earlier),
  };
}

/** Tokens are as wide as the model that reads them; a frozen one reads text, and its states come in beside them. */
function widthsOf({ llmMode, dim }: DeftRecConfig, earlier: Earlier) {
  if (llmMode === "frozen" || earlier.language === undefined) {
    return { tokenWidth: dim, languageWidth: languageWidth(earlier) };
  }
  const [tokenWidth] = savedInt32(earlier.language.arrays, "width", "deftrec", 1);
  return { tokenWidth, languageWidth: 0 };
}

export function sideOf({ vectors, texts }: Earlier, items: number): ItemSide {
  const groupOf = savedInt32(vectors?.arrays, "groups", "deftrec", items + 1);
  if (texts?.arrays.text === undefined) return { groupOf };
  const text = savedFloat32(texts.arrays, "text", "deftrec");
  return { groupOf, text: float32(text, [items + 1, text.length / (items + 1)]) };
}

/** What a compact model that was trained before (prompted/compact-start.ts) has of the same shape. */
const SHARED = /^(items|text|denoiser)\.|^(null|logScale)$/;

/** Where item vectors start, and all else that an earlier training left. */
export function startOf({ vectors, compact }: Earlier): Arrays {
  const start = vectors?.arrays.start;
  const left = Object.entries(compact?.arrays ?? {}).filter(([address]) => SHARED.test(address));
  return { ...(start !== undefined && { "items.weight": start }), ...Object.fromEntries(left) };
}
