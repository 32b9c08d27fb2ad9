/**
 * Draws inside traced functions. A `TracedKey` is a place (a path of folds) without a seed: the key given to a run is
 * folded along the path when the graph runs, so that one compiled graph draws anew at every step.
 *
 * Two draws of one kind from the same path are the same numbers, and draws of different kinds are not independent:
 * a place is for one draw, whoever needs two folds twice.
 */
import { type DType, drawn, type Shape, type Tensor, type TypedArray } from "#tensor";
import { fillBernoulli } from "./bernoulli.ts";
import { type Floats, fillGumbel, fillNormal, fillUniform } from "./continuous.ts";
import { Key } from "./key.ts";

/** A place in a traced function from which numbers are drawn. */
export class TracedKey {
  private constructor(
    /** The words folded into the run's key, in order. */
    readonly path: readonly (string | number)[],
  ) {}

  /** The place of the run's key itself. */
  static root(): TracedKey {
    return new TracedKey([]);
  }

  /** The place of a named or numbered child. */
  fold(word: string | number): TracedKey {
    return new TracedKey([...this.path, word]);
  }

  /** The key of this place in the run that has `key`. */
  of(key: Key): Key {
    return this.path.reduce((at: Key, word) => at.fold(word), key);
  }
}

/** True with `probability` (to the nearest 1/32768), else false. */
export function bernoulli(key: TracedKey, probability: number, shape: Shape): Tensor {
  // A drawn leaf of dtype bool is filled as bytes.
  return leaf(`bernoulli(${probability})`, key, shape, "bool", (at, data) =>
    fillBernoulli(at, probability, data as Uint8Array),
  );
}

/** Uniform in [0, 1). */
export function uniform(key: TracedKey, shape: Shape): Tensor {
  return floats("uniform", key, shape, fillUniform);
}

/** Normal around 0, by `deviation`: scaled as it is drawn, which costs nothing. */
export function normal(key: TracedKey, shape: Shape, deviation = 1): Tensor {
  const kind = deviation === 1 ? "normal" : `normal(${deviation})`;
  return floats(kind, key, shape, (at, data) => fillNormal(at, data, deviation));
}

/** Standard Gumbel: argmax of logits + gumbel is a sample of their softmax. */
export function gumbel(key: TracedKey, shape: Shape): Tensor {
  return floats("gumbel", key, shape, fillGumbel);
}

function floats(kind: string, key: TracedKey, shape: Shape, fill: (key: Key, data: Floats) => void): Tensor {
  // A drawn leaf of dtype float32 is filled as float32, or as float64 in a graph of double precision.
  return leaf(kind, key, shape, "float32", (at, data) => fill(at, data as Floats));
}

function leaf(
  kind: string,
  place: TracedKey,
  shape: Shape,
  dtype: DType,
  fill: (key: Key, data: TypedArray) => void,
): Tensor {
  const label = `${kind} ${place.path.join("/")}`;
  return drawn(shape, dtype, {
    label,
    fill(key, data) {
      if (!(key instanceof Key)) throw new Error(`internal: this graph draws ${label}; give its run a key`);
      fill(place.of(key), data);
    },
  });
}
