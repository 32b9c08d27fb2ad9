/** How parameters start. */
import { fillNormal, fillUniform, type Key } from "#random";

/** Fills a new parameter. */
export type Init = (key: Key, data: Float32Array, shape: readonly number[]) => void;

/** All one value. */
export function filled(value: number): Init {
  return (_, data) => {
    data.fill(value);
  };
}

/** U(-bound, bound). */
export function uniform(bound: number): Init {
  return (key, data) => fillUniform(key, data, -bound, bound);
}

/** N(0, deviation²). */
export function normal(deviation: number): Init {
  return (key, data) => fillNormal(key, data, deviation);
}
