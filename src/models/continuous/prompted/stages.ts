/**
 * The stages of llmMode=lora: what is known of the language model before training, and the joint training of tokenizer,
 * adapters and denoiser through it. The model's own weights are read, fed and left where they are: a run has its adapters.
 */
import { DataError, fileHash } from "#base";
import type { Catalogue } from "#data";
import {
  FrozenModel,
  type LoraOptions,
  locateModel,
  type ModelText,
  onProjections,
  openCheckpoint,
  openText,
  PROJECTIONS,
  type ProjectionName,
  type TracedModel,
} from "#llm";
import { Weights } from "#nn";
import type { Computed, Context, Earlier, Learned, Ranker, TrainView } from "#recommender";
import { type Arrays, float32, int32 } from "#tensor";
import { jointSteps } from "../batches.ts";
import type { DeftRecConfig } from "../config.ts";
import { jointOptimizer, jointStart, sideOf, spaceOf } from "../generator.ts";
import type { GeneratorState } from "../ranker.ts";
import { namesOfWords } from "../response-words.ts";
import { type PromptBatch, type PromptSource, promptEpoch, rowLengths } from "./batches.ts";
import { PromptedNetwork } from "./network.ts";
import { Prompts } from "./prompt.ts";
import { openPrompted, openReader } from "./reader.ts";
import { askedHistories, reasonedOf, responseArrays } from "./reasoning.ts";

/** Whether a language model reads continuous tokens inside its prompt. */
export function isPrompted({ llm, llmMode }: DeftRecConfig): boolean {
  return llm !== "" && llmMode === "lora";
}

/** Leaves how wide the model's embeddings are, and how long in the mean. */
export function promptedLanguageStage(options: DeftRecConfig): Computed {
  return {
    kind: "computed",
    name: "language",
    catalogueOnly: true,
    compute: async (_data, _earlier, _key, context) => {
      await using checkpoint = await openCheckpoint(await located(options, context));
      const { shape, data } = await checkpoint.read("embedding.weight");
      const [count, width] = shape;
      let lengths = 0;
      for (let row = 0; row < count; row++) lengths += Math.hypot(...data.subarray(row * width, (row + 1) * width));
      const files = await Promise.all(checkpoint.files.map(async (path) => ({ path, hash: await fileHash(path) })));
      return {
        arrays: { width: int32([width], [1]), norm: float32([lengths / count], [1]) },
        files,
      };
    },
  };
}

/** What training needs of the language model; made again at each start. */
interface Prepared {
  readonly model: FrozenModel;
  readonly source: PromptSource;
}

/** The network, and the decoder with its adapters. */
interface Trained extends TracedModel {
  readonly network: PromptedNetwork;
}

export function promptedStage(options: DeftRecConfig): Learned<Trained, PromptBatch, Prepared> {
  const own = promptedOptions(options);
  return {
    kind: "learned",
    name: "generator",
    epochs: options.llmEpochs,
    patience: options.patience,
    validateEvery: 1,
    stop: "ranking",
    prepare: async ({ histories, catalogue }, earlier, _key, context) => {
      const path = await located(options, context);
      const model = await FrozenModel.load(path, { precision: options.llmPrecision });
      const prompts = new Prompts(await textOf(path), catalogue, options);
      const groupNames = namesOf(catalogue, spaceOf(options, earlier, catalogue.size).groups);
      const source: PromptSource = {
        prompts,
        embed: (ids) => model.embed(ids),
        width: model.config.dim,
        groupNames,
        end: model.tokens.end[0] ?? 0,
        lengths: rowLengths(histories, prompts, groupNames, own),
      };
      return { model, source };
    },
    frozen: ({ model }) => model.arrays,
    init: (weights, { catalogue }, earlier, prepared) => {
      if (prepared === undefined) throw new Error("internal: the language model was not prepared");
      const starting = weights.starting(jointStart(earlier));
      const network = promptedNetwork(starting, own, earlier, catalogue);
      return { network, ...prepared.model.traced(starting.at("adapter"), adapterOptions(options)) };
    },
    steps: ({ histories }) => jointSteps(histories, own),
    ...(options.reasoning === "generated" && {
      refresh: async (parameters: Arrays, { histories, catalogue }: TrainView, earlier: Earlier, context: Context) => {
        const left = { ...earlier, generator: { arrays: parameters } };
        const { reader } = await openReader(own, savedParts(own, left, catalogue), catalogue, context);
        await using _ = reader;
        return responseArrays(await reader.write(askedHistories(histories, own), context));
      },
    }),
    epoch: ({ histories, catalogue }, earlier, key, prepared, fresh) => {
      if (prepared === undefined) throw new Error("internal: the language model was not prepared");
      const reasoned = reasonedOf(own, prepared.source, histories, fresh);
      return promptEpoch(histories, sideOf(earlier, catalogue.size), own, key, { ...prepared.source, ...reasoned });
    },
    loss: ({ network, ...model }, batch, key) => network.loss(model, batch, key),
    optimizer: () => jointOptimizer(options),
    open: (earlier, catalogue, context) => openSavedPrompted(options, earlier, catalogue, context),
  };
}

/** The generator that the stages left. */
export function openSavedPrompted(
  options: DeftRecConfig,
  earlier: Earlier,
  catalogue: Catalogue,
  context: Context,
): Promise<Ranker<GeneratorState>> {
  return openPrompted(options, savedParts(options, earlier, catalogue), catalogue, context);
}

/** What the stages left, for who opens it. */
function savedParts(options: DeftRecConfig, earlier: Earlier, catalogue: Catalogue) {
  const weights = Weights.read(earlier.generator.arrays);
  const network = promptedNetwork(weights, options, earlier, catalogue);
  const adapters = Object.entries(earlier.generator.arrays).flatMap(([name, array]) => {
    return name.startsWith("adapter.") ? [[name.slice("adapter.".length), array] as const] : [];
  });
  return {
    network,
    weights,
    adapter: { arrays: Object.fromEntries(adapters), options: adapterOptions(options), base: options.llm },
    groupNames: namesOf(catalogue, network.space.groups),
    side: sideOf(earlier, catalogue.size),
    files: earlier.language?.files ?? [],
  };
}

function adapterOptions({ loraRank, loraAlpha, loraDropout }: DeftRecConfig): LoraOptions {
  const all = Object.keys(PROJECTIONS) as ProjectionName[]; // as: keys of that object
  return { rank: loraRank, alpha: loraAlpha, dropout: loraDropout, on: onProjections(all) };
}

function promptedNetwork(
  weights: Weights,
  options: DeftRecConfig,
  earlier: Earlier,
  catalogue: Catalogue,
): PromptedNetwork {
  const norm = Number(earlier.language?.arrays.norm.data[0] ?? 1);
  return new PromptedNetwork(weights, options, spaceOf(options, earlier, catalogue.size), norm);
}

/** Tokens of a response before [PREF], roughly. */
const REASONED = 32;

/** A step has as many rows as `promptTokens` has longest prompts. */
function promptedOptions(options: DeftRecConfig): DeftRecConfig {
  const { promptTokens, maxLength, titleTokens, ways, queries, reasoning } = options;
  const reasoned = reasoning === "none" ? 0 : Math.min(maxLength, options.reasoningTargets) * REASONED;
  const longest = 80 + maxLength * (titleTokens + ways + queries + 3) + reasoned;
  const rows = Math.max(1, Math.floor(promptTokens / longest));
  return { ...options, positions: rows * maxLength, leastSteps: 1 };
}

/** What groups are called in a response: the catalogue's categories, or numbers where it has none fit for one. */
function namesOf(catalogue: Catalogue, groups: number): readonly string[] {
  return namesOfWords(catalogue, groups) ?? Array.from({ length: groups }, (_, at) => `group ${at + 1}`);
}

function located({ llm }: DeftRecConfig, { emit, signal }: Context): Promise<string> {
  return locateModel(llm, { emit, ...(signal && { signal }) });
}

async function textOf(path: string): Promise<ModelText> {
  await using checkpoint = await openCheckpoint(path);
  const text = await openText(checkpoint);
  if (text !== undefined) return text;
  throw new DataError(`${path}: this model has no text tokenizer, and prompts are texts.`, {
    code: "no-tokenizer",
    file: path,
    hint: "Put the model's tokenizer.json beside its weights.",
  });
}
