/**
 * What a recommender is: stages that are trained one after the other, and a ranker that answers with what they left.
 * Everything else in the house (trainer, evaluation, command line, server) knows only this file.
 */

import type { z } from "zod";
import type { ConfigSchema, Emit } from "#base";
import type { Catalogue, Fold, Histories } from "#data";
import type { Weights } from "#nn";
import type { Optimizer } from "#optim";
import type { Key, TracedKey } from "#random";
import type { ReachedRow } from "#retrieval";
import type { Arrays, Runtime, Tensor } from "#tensor";
import type { Exported } from "./exported.ts";
import type { ExpertKind } from "./fusion/share.ts";

/** What making a model may see: validation and test are not in the type, so that a leak does not compile. */
export interface TrainView {
  readonly histories: Histories;
  readonly catalogue: Catalogue;
  readonly shard: { readonly rank: number; readonly size: number };
}

/** A file that a stage read and did not change. */
export interface FileRef {
  readonly path: string;
  readonly hash: string;
}

/** What a stage leaves behind. */
export interface Artifact {
  readonly arrays: Arrays;
  readonly files?: readonly FileRef[];
}

/** The artifacts of the stages before, by stage name. */
export type Earlier = Readonly<Record<string, Artifact>>;

/** What work happens on and how it is stopped. */
export interface Context {
  readonly runtime: Runtime;
  readonly emit: Emit;
  readonly signal?: Interrupt;
  /** What a stage may take at once; one that knows it needs more refuses before it begins. Absent: no limit. */
  readonly memoryBytes?: number;
  /** Whether what takes long to read is kept for the next opening: where a finished run is asked, not where one is trained. */
  readonly keeps?: boolean;
}

/** Asked between steps; an `AbortSignal` is one, a flag shared between threads another. */
export interface Interrupt {
  readonly aborted: boolean;
}

/** What both kinds of stages say. */
interface Stage {
  readonly name: string;
  /** How many of each history's last items it may not see beyond the split's own. */
  readonly withhold?: number;
  /** Of whose histories; of everyone's where absent. */
  readonly fold?: Fold;
  /**
   * Why a log is too small for it, as a sentence; undefined where it is not. Where it is, the stage leaves nothing, and `earlier`
   * has no artifact of its name. Asked of the histories before anything is withheld, and only where a model is chosen: a fit
   * on more data leaves out the same stages.
   */
  skip?(data: TrainView): string | undefined;
}

/** A stage without gradients: counts, decompositions, cached states. */
export interface Computed extends Stage {
  readonly kind: "computed";
  /** It reads the catalogue and no history: what it left holds for every fit, whatever that may see. */
  readonly catalogueOnly?: boolean;
  compute(data: TrainView, earlier: Earlier, key: Key, context: Context): Promise<Artifact>;
}

/** A batch as the loss sees it: every array traced. */
export type Traced<B extends Arrays> = { readonly [K in keyof B]: Tensor };

/** The parts of a loss, each of shape []; `total` is differentiated, all are logged by name. */
export type Losses = { readonly total: Tensor } & Readonly<Record<string, Tensor>>;

/** A stage that learns by gradient descent. */
export interface Learned<M = unknown, B extends Arrays = Arrays, P = unknown> extends Stage {
  readonly kind: "learned";
  readonly epochs: number;
  /** Validated epochs without improvement before it stops. */
  readonly patience: number;
  /** Epochs between two validations. */
  readonly validateEvery: number;
  /** Epochs before the first one; none is too early where absent. */
  readonly validateFrom?: number;
  /** What epochs need that is dear to make and follows from what is there: made again at each start, never saved. */
  prepare?(data: TrainView, earlier: Earlier, key: Key, context: Context): Promise<P>;
  /** Builds the model out of weights that are drawn or read; it may continue an earlier stage's. */
  init(weights: Weights, data: TrainView, earlier: Earlier, prepared?: P): M;
  /**
   * Weights by address that the model reads and this stage does not train, a pretrained model's for instance: fed to every
   * step as they are, never saved.
   */
  frozen?(prepared: P): Arrays;
  /** How many batches an epoch has, for schedules and progress. */
  steps(data: TrainView, prepared?: P): number;
  /**
   * What an epoch's batches need that follows from the weights as they stand when it begins, a model's own answers for
   * instance: made once an epoch, and kept in checkpoints, because a resumed run has later weights.
   */
  refresh?(parameters: Arrays, data: TrainView, earlier: Earlier, context: Context): Promise<Arrays>;
  /** One epoch's batches, pure in `key` and `fresh`: a resumed run asks for the same ones and skips what it has done. */
  epoch(data: TrainView, earlier: Earlier, key: Key, prepared?: P, fresh?: Arrays): Iterable<B> | AsyncIterable<B>;
  loss(model: M, batch: Traced<B>, key: TracedKey): Losses;
  optimizer(totalSteps: number): Optimizer;
  /** What stops it and which weights are kept: the best ranking, or the last. */
  readonly stop: "ranking" | "never";
  /** Who is asked while it is validated, out of what it would leave; the recommender as a whole where absent. */
  open?(earlier: Earlier, catalogue: Catalogue, context: Context): Promise<Ranker>;
}

/** Someone to recommend to: indices, oldest first. */
export interface Profile {
  readonly history: Int32Array;
  /** The true next item: only evaluation knows it, and tells it only to a ranker that says that it reads it. */
  readonly answer?: number;
}

/** Vectors of all items, row 0 padding: [N + 1, D]. */
export interface ItemVectors {
  readonly data: Float32Array;
  readonly dim: number;
}

/** What a model made of a profile, where it can be told. */
export interface Reading {
  /** Generated in the space of `vectors`. */
  readonly vector?: Float32Array; // [D]
  /** The category it says is wanted next, one of the catalogue's. */
  readonly category?: string;
  /** The response that says so, where a language model wrote one: generated, not known. */
  readonly sentence?: string;
}

/** What spoke for an item: an expert or something else that is known of it, and how far the score falls without it. */
export interface Contribution {
  readonly source: string;
  readonly gain: number;
}

/** Experts whose masses reach few items of the catalogue. */
export interface SparseExperts<S = unknown> {
  readonly names: readonly string[];
  /** Adds to an empty row what the expert gives to each item. */
  add(name: string, state: S, row: ReachedRow): void;
}

/** A trained model at work. */
export interface Ranker<S = unknown> extends AsyncDisposable {
  /**
   * What the scores of each expert are. Several are fused by weights that are tuned on validation; until then, and while
   * stages train, the first one ranks. A single one that does not say counts as logits.
   */
  readonly experts?: Readonly<Record<string, ExpertKind>>;
  /** An ablation that reads the true next item of each profile: its figures say so, and it cannot recommend. */
  readonly readsAnswer?: boolean;
  /** Whose answers this one orders anew; disposed of with it. */
  readonly base?: Ranker;
  /** The dear half: reads profiles; what it returns may be cached. */
  encode(profiles: readonly Profile[], key: Key): Promise<readonly S[]>;
  /**
   * Expert → scores, higher is better: [B, N + 1] by catalogue index (column 0 is padding and is ignored),
   * or [B, items.length] where `items` are given. -Infinity: the expert does not generate that item.
   * The arrays are the caller's, who writes masks into them: never one that the ranker keeps.
   * `only` names experts that are enough; who does not read it answers with all.
   */
  score(
    states: readonly S[],
    items?: Int32Array,
    only?: readonly string[],
  ): Promise<Readonly<Record<string, Float32Array>>>;
  /** How many batches it scores at a time, where it is more than one. */
  readonly batches?: number;
  /** Masses that reach few items: row by row what `score` gives, without the zeros. */
  readonly sparse?: SparseExperts<S>;
  /**
   * Where the one expert's scores are inner products, s = Q Xᵀ: what many lists are searched by without computing all N
   * scores of each. Q [B, D] comes from states, X is the same for everyone.
   */
  readonly products?: { queries(states: readonly S[]): Float32Array; table(): Promise<ItemVectors> };
  /** What was made of each state; absent where there is nothing to tell. */
  read?(states: readonly S[]): Promise<readonly Reading[]>;
  /** What spoke for each of `items`, the loudest first; nothing of items it did not weigh. Absent where it cannot be told. */
  contributions?(state: S, items: Int32Array): Promise<readonly (readonly Contribution[])[]>;
  /** Vectors whose cosine tells which items are alike; absent where the model has none. */
  vectors?(): Promise<ItemVectors>;
  /** The model for the world outside; one that cannot be used without this package leaves it out. */
  export?(): Exported;
}

/** A model, configured: its stages and how what they leave is opened. */
export interface Recommender<S = unknown> {
  readonly stages: readonly (Computed | Learned)[];
  open(earlier: Earlier, catalogue: Catalogue, context: Context): Promise<Ranker<S>>;
}

/** A model as the registry holds it. */
export interface RecommenderDefinition<C extends ConfigSchema = ConfigSchema> {
  readonly title: string;
  readonly paper?: string;
  /** One sentence for lists and help. */
  readonly summary: string;
  readonly config: C;
  /** What options that came later were before they were there, where that is not their default: runs may not state them. */
  readonly before?: Readonly<Record<string, unknown>>;
  /** Options that training does not read, or reads as a way of answering: a finished run may be asked with others. */
  readonly answering?: readonly string[];
  build(config: z.output<C>): Recommender;
}

/** Declares a recommender; the type of its config flows into `build`. */
export function defineRecommender<C extends ConfigSchema>(
  definition: RecommenderDefinition<C>,
): RecommenderDefinition<C> {
  return definition;
}
