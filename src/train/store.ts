/** What the trainer keeps between a start and a resume. Where it is kept is the caller's affair. */
import type { Artifact } from "#recommender";
import type { Arrays } from "#tensor";

/** A stage stopped between two steps. Random state needs no room: keys follow from the seed, the epoch and the step. */
export interface Checkpoint {
  readonly epoch: number;
  /** Batches of this epoch that are done. */
  readonly cursor: number;
  /** Steps of the stage that are done. */
  readonly step: number;
  /** Time they took, over all starts. */
  readonly seconds: number;
  readonly parameters: Arrays;
  /** The optimizer's. */
  readonly state: Arrays;
  /** What the stage made when this epoch began. */
  readonly fresh?: Arrays;
  /** The best validated weights so far. */
  readonly best?: { readonly value: number; readonly epoch: number; readonly parameters: Arrays };
  /** Validations since the best. */
  readonly sinceBest: number;
  /** Sums of this epoch's losses, for its log line. */
  readonly sums: Readonly<Record<string, number>>;
}

/** A stage that needs nothing more: what it left, and what that took, over all starts. */
export interface Finished {
  readonly artifact: Artifact;
  readonly steps: number;
  readonly seconds: number;
  /** The log was too small for it: it left nothing. */
  readonly skipped?: boolean;
  /** The validation that chose its weights. */
  readonly best?: { readonly value: number; readonly epoch: number };
}

export interface Store {
  finished(stage: string): Promise<Finished | undefined>;
  saveFinished(stage: string, finished: Finished): Promise<void>;
  /** Where an unfinished stage stopped. */
  checkpoint(stage: string): Promise<Checkpoint | undefined>;
  saveCheckpoint(stage: string, checkpoint: Checkpoint): Promise<void>;
}

/** A store that forgets. */
export const forgetful: Store = {
  finished: async () => undefined,
  saveFinished: async () => {},
  checkpoint: async () => undefined,
  saveCheckpoint: async () => {},
};
