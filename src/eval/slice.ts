/**
 * What a slicing is: a partition of the asked users by something known from training, so that rank metrics can be told apart
 * for them. A slicing is one file in slices/ and one export line there; evaluation goes through that namespace.
 */
import type { Histories } from "#data";

/** What users can be told apart by. */
export interface SliceContext {
  readonly train: Histories;
  /** Training interactions of every item, by index. */
  readonly popularity: Float32Array; // [N + 1]
}

/** One target and whose it is. */
export interface AskedTarget {
  /** The user's row in the histories. */
  readonly user: number;
  /** The target's catalogue index. */
  readonly target: number;
}

export interface Slicing {
  /** What is told apart: `target item`. */
  readonly by: string;
  /** The parts, in the order of reports. */
  readonly parts: readonly SlicePart[];
  /** The position in `parts` that a user belongs to. */
  partOf(asked: AskedTarget, context: SliceContext): number;
}

export interface SlicePart {
  readonly name: string;
  /** Its bounds, in words. */
  readonly bounds: string;
}

/** Rank metrics of some of the users. */
export interface Slice {
  readonly by: string;
  readonly slice: string;
  readonly bounds: string;
  readonly users: number;
  /** As in the whole; empty where there are no users. */
  readonly metrics: Readonly<Record<string, number>>;
}

/** Every slice of every slicing, measured; the ranks are those of `asked`, in its order. */
export function sliced(
  slicings: readonly Slicing[],
  asked: readonly AskedTarget[],
  ranks: Float64Array,
  context: SliceContext,
  measure: (ranks: Float64Array) => Record<string, number>,
): Slice[] {
  return slicings.flatMap((slicing) => {
    const parts = asked.map((one) => slicing.partOf(one, context));
    return slicing.parts.map(({ name, bounds }, part) => {
      const own = ranks.filter((_, at) => parts[at] === part);
      const metrics = own.length > 0 ? measure(own) : {};
      return { by: slicing.by, slice: name, bounds, users: own.length, metrics };
    });
  });
}
