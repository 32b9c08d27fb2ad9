/**
 * The library: train a model on a log, open it, ask it. Nothing is printed; long work reports events.
 * @example
 * import { load, train } from "deftrec";
 * const training = train({ data: "ratings.csv", model: "sasrec", out: "runs/first" });
 * for await (const event of training) if (event.type === "epoch") report(event);
 * await using model = await load("runs/first");
 * const { items } = await model.recommend({ user: "42", topK: 10 });
 */
export {
  CheckpointError,
  ConfigError,
  DataError,
  DeftrecError,
  DeviceError,
  DTypeError,
  type Event,
  InterruptedError,
  ShapeError,
} from "#base";
export { type Inspection, inspect, openDataset, type PreparedInfo, type PrepareOptions, prepare } from "#data";
export {
  type BatchOptions,
  type BatchSummary,
  type CompareOptions,
  type Comparison,
  compare,
  type EvaluateOptions,
  type EvaluationReport,
  type ExportOptions,
  type ExportSummary,
  type ListedItem,
  type LoadOptions,
  load,
  type Model,
  models,
  type Recommendations,
  type RecommendOptions,
  type SearchOptions,
  type SearchReport,
  type SimilarItems,
  type SimilarOptions,
  search,
  type Training,
  type TrainOptions,
  type TrainSummary,
  train,
} from "#experiment";
