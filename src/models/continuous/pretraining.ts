/**
 * The tokenizer's stage before the joint one: masked vectors in, whole vectors out. Codebooks, where it has any, start as
 * centres of what its encoders say of a first batch of items.
 */
import { kMeans } from "#encoders";
import { Weights } from "#nn";
import { adam, chain, clipGlobalNorm, freeze, warmupCosine } from "#optim";
import { type Key, shuffled } from "#random";
import type { Context, Earlier, Learned } from "#recommender";
import { type Arrays, compile, int32, type NdArray, type Tensor } from "#tensor";
import { type DiscreteItemTokenizer, isDiscrete } from "#tokenizers";
import { rowsOf } from "./batches.ts";
import type { DeftRecConfig } from "./config.ts";
import { sideOf, spaceOf, startOf } from "./generator.ts";
import { ContinuousItems, tokenizerOf } from "./items.ts";

const ROWS = 512;
/** Items whose latents codebooks start from. */
const FIRST_BATCH = 4096;

type PretrainingBatch = {
  readonly items: NdArray<Int32Array>; // [B], 0 where the last batch has none left
  readonly text?: NdArray<Float32Array>; // [B, F]
};

export function pretrainingStage(options: DeftRecConfig): Learned<ContinuousItems, PretrainingBatch, Arrays> {
  return {
    kind: "learned",
    name: "tokenizer",
    epochs: options.pretrainEpochs,
    patience: 1,
    validateEvery: 1,
    stop: "never",
    prepare: ({ catalogue }, earlier, key, context) => codebooksOf(options, catalogue.size, earlier, key, context),
    init: (weights, { catalogue }, earlier, started) => {
      const start = { ...startOf(earlier), ...started };
      return new ContinuousItems(weights.starting(start), options, spaceOf(options, earlier, catalogue.size));
    },
    steps: ({ catalogue }) => Math.ceil(catalogue.size / ROWS),
    *epoch({ catalogue }, earlier, key) {
      const { text } = sideOf(earlier, catalogue.size);
      for (const items of batches(catalogue.size, key)) {
        yield { items: int32(items, [ROWS]), ...(text && { text: rowsOf(text, items) }) };
      }
    },
    loss: (network, batch, key) => network.reconstructionLoss(batch, key),
    optimizer: (totalSteps) =>
      chain(
        freeze((address) => !address.startsWith("tokenizer.")),
        clipGlobalNorm(1),
        adam({ rate: warmupCosine({ peak: 1e-3, warmup: 0.05, totalSteps }) }),
      ),
  };
}

/** Where a discrete tokenizer starts: its encoders, and codebooks that fit them; nothing for a continuous one. */
async function codebooksOf(
  options: DeftRecConfig,
  size: number,
  earlier: Earlier,
  key: Key,
  { runtime }: Context,
): Promise<Arrays> {
  if (!isDiscrete(tokenizerOf(Weights.draw(key), options, spaceOf(options, earlier, size).tokenWidth))) return {}; // asked before a table of items is drawn
  const weights = Weights.draw(key.fold("weights")).starting(startOf(earlier));
  const network = new ContinuousItems(weights, options, spaceOf(options, earlier, size));
  const tokenizer = network.tokenizer as DiscreteItemTokenizer; // as: asked above
  await using reader = compile(
    "deftrec.latents",
    ({ items, text }: Readonly<Record<string, Tensor>>) => ({
      latents: tokenizer.latents(network.vectors(items, text)),
    }),
    { runtime, parameters: weights.arrays },
  );
  const items = shuffled(key.fold("items"), size)
    .slice(0, FIRST_BATCH)
    .map((at) => at + 1);
  const { text } = sideOf(earlier, size);
  const inputs: Arrays = { items: int32(items, [items.length]), ...(text && { text: rowsOf(text, items) }) };
  const latents = (await reader.run(inputs)).latents.data as Float32Array; // as: float32 by construction
  const codebooks = Object.entries(tokenizer.codebooks(latents, kMeans, key.fold("codebooks")));
  const drawn = Object.entries(weights.arrays).filter(([address]) => /^(tokenizer|text)\./.test(address));
  return Object.fromEntries([...drawn, ...codebooks.map(([address, book]) => [`tokenizer.${address}`, book] as const)]);
}

function* batches(items: number, key: Key): Generator<Int32Array> {
  const order = shuffled(key, items);
  for (let from = 0; from < items; from += ROWS) {
    const batch = new Int32Array(ROWS);
    order.slice(from, from + ROWS).forEach((at, row) => {
      batch[row] = at + 1;
    });
    yield batch;
  }
}
