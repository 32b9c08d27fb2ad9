/**
 * ONNX's Scan: one small graph run for each slice of some sequences, carrying state from slice to slice. The graph is as
 * small for 50 steps as for one, so that compiling costs the same, and nothing but its outputs outlives a step.
 */
import type { DType } from "../dtype.ts";
import type { Form } from "../primitive.ts";
import type { Shape } from "../shape.ts";
import type { Emitter } from "./emit.ts";

/** A named value whose form is known. */
export interface Formed extends Form {
  readonly name: string;
}

export interface ScanOptions {
  /** What is carried, as it is before the first slice. */
  readonly carried: readonly Formed[];
  /** What is read slice by slice along the first axis. */
  readonly sequences: readonly Formed[];
  /** Forms of what each step leaves beside the carried values; stacked along a new first axis. */
  readonly outputs: readonly Form[];
  /** From the last slice to the first; outputs keep their slice's place. */
  readonly reverse?: boolean;
  /** Writes one step: names of carried values and slices → names of the next carried values, then of the outputs. */
  readonly step: (carried: readonly string[], slices: readonly string[]) => readonly string[];
}

/** Names of the carried values after the last slice, then of the stacked outputs. */
export function emitScan(
  emit: Emitter,
  { carried, sequences, outputs, reverse = false, step }: ScanOptions,
): readonly string[] {
  const slices = sequences.map(({ shape, dtype }) => ({ shape: shape.slice(1), dtype }));
  const body = emit.body([...carried, ...slices], [...carried, ...outputs], (names) =>
    step(names.slice(0, carried.length), names.slice(carried.length)),
  );
  const directions = (count: number) => Array.from({ length: count }, () => Number(reverse));
  return emit.nodes(
    "Scan",
    [...carried, ...sequences].map(({ name }) => name),
    {
      attributes: {
        num_scan_inputs: sequences.length,
        scan_input_directions: directions(sequences.length),
        ...(outputs.length > 0 ? { scan_output_directions: directions(outputs.length) } : {}),
        body: { body },
      },
      outputs: carried.length + outputs.length,
    },
  );
}

/** Zeros to start from. */
export function emitZeros(emit: Emitter, shape: Shape, dtype: DType): Formed {
  return { name: emit.node("Expand", [emit.scalar(0, dtype), emit.shape(shape)]), shape, dtype };
}
