/**
 * An optimizer is an `init`/`update` pair over typed arrays that the trainer owns: `update` changes weights and state in
 * place, so that nothing is copied between steps. Parts are composed by `chain` (after optax: no base class, no hidden
 * state).
 */
import type { Arrays, NdArray } from "#tensor";

/** Gradient of one parameter: a dense array, rows of it, or both (they add up); an update may write into the dense one. */
export interface Gradient {
  readonly dense?: Float32Array;
  /** indices [n] of the first axis and their gradient rows [n, …]; an index may stand several times. */
  readonly rows?: readonly { readonly indices: Int32Array; readonly values: Float32Array }[];
}

/** Gradients by address; a parameter that has none is left alone. */
export type Gradients = Readonly<Record<string, Gradient>>;

export interface Optimizer {
  /** Whether the parameter at this address is trained; no gradient is computed for the others. Absent: all are. */
  trains?(address: string): boolean;
  /** State arrays for these parameters, by address within the state (saved in checkpoints). */
  init(parameters: Arrays): Record<string, NdArray>;
  /** One step: writes parameters and state. `step` counts from 1. Returns figures worth logging (rate, gradient norm). */
  update(
    parameters: Arrays,
    gradients: Gradients,
    state: Readonly<Record<string, NdArray>>,
    step: number,
  ): Readonly<Record<string, number>>;
  /** The weights to validate, save and serve: the parameters themselves, or their moving average. */
  averaged(parameters: Arrays, state: Readonly<Record<string, NdArray>>): Arrays;
}
