/** Progress as data: long work reports these, and whoever started it prints, stores or ignores them. */
export type Event =
  | { readonly type: "stage"; readonly stage: string; readonly index: number; readonly of: number }
  | {
      readonly type: "step";
      readonly stage: string;
      readonly epoch: number;
      readonly step: number;
      /** Steps the stage would take if nothing stops it early. */
      readonly steps: number;
      /** Every part of the loss by its name, `total` among them. */
      readonly losses: Readonly<Record<string, number>>;
      readonly stepsPerSecond: number;
      readonly secondsLeft: number;
    }
  | {
      readonly type: "epoch";
      readonly stage: string;
      readonly epoch: number;
      readonly losses: Readonly<Record<string, number>>;
      /** The figure validation chose by, where this epoch was validated. */
      readonly validation?: { readonly metric: string; readonly value: number; readonly best: boolean };
      readonly seconds: number;
    }
  | { readonly type: "progress"; readonly what: string; readonly done: number; readonly of?: number }
  | { readonly type: "checkpoint"; readonly stage: string; readonly step: number }
  | { readonly type: "message"; readonly text: string }
  | { readonly type: "warning"; readonly text: string };

/** Where events go. */
export type Emit = (event: Event) => void;

/** An `Emit` that drops everything. */
export const silent: Emit = () => {};
