/** What sasrec-step and sasrec-epoch share: the model as `train` builds it, and its twin's options. */
import { parseConfig } from "#base";
import { Catalogue } from "#data";
import { sasrec } from "#models";
import { Weights } from "#nn";
import { Key } from "#random";
import type { Learned, TrainView } from "#recommender";
import type { Arrays, Runtime } from "#tensor";
import { TrainingStep } from "#train";

/** The model of the published workload; what is not said here is the model's own default. */
const WORKLOAD = {
  dim: 64,
  blocks: 2,
  heads: 2,
  hidden: 64,
  dropout: 0.2,
  maxLength: 50,
  loss: "bce",
  scoring: "inner",
  batchSize: 256,
  learningRate: 1e-3,
  warmup: 0,
  average: 0,
} as const;

/** So many steps that the rate's cosine does not leave its peak while we look: the twin's rate is constant. */
const ENDLESS = 1e12;

export const KEY = Key.of(1).fold("sasrec");

/** The stage that learns, as the model's own file makes it. */
export function sequenceStage(changes: { readonly comparing?: boolean; readonly bucket?: boolean } = {}): Learned {
  const { comparing = false, bucket = true } = changes;
  const dropout = comparing ? 0 : WORKLOAD.dropout;
  const config = parseConfig(sasrec.config, { ...WORKLOAD, bucket, dropout }, "bench sasrec");
  const [stage] = sasrec.build(config).stages;
  if (stage.kind !== "learned") throw new Error("internal: sasrec's first stage does not learn");
  return stage;
}

/** The training step on weights of its own, copied from `given`. */
export function stepOf(stage: Learned, given: Arrays, data: TrainView, runtime: Runtime): TrainingStep<unknown> {
  const copies = Object.entries(given).map(([address, array]) => [address, { ...array, data: array.data.slice() }]);
  const weights = Weights.read(Object.fromEntries(copies), "bench");
  const model = stage.init(weights, data, {});
  return new TrainingStep(stage, model, weights, stage.optimizer(ENDLESS), runtime);
}

/** The weights both sides start from. */
export function initialWeights(data: TrainView): Arrays {
  const weights = Weights.draw(KEY.fold("weights"));
  sequenceStage().init(weights, data, {});
  return weights.arrays;
}

/** A catalogue of so many nameless items. */
export function catalogueOf(items: number): Catalogue {
  return new Catalogue(Array.from({ length: items }, (_, at) => ({ item: String(at + 1) })));
}

/** What the twin is told: shapes it reads from the weights, these it cannot. */
export function peerOptions(comparing: boolean): Readonly<Record<string, unknown>> {
  const { blocks, heads, dropout, learningRate } = WORKLOAD;
  return { blocks, heads, dropout: comparing ? 0 : dropout, rate: learningRate, betas: [0.9, 0.98], clip: 5 };
}
