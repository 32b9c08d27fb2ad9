/** How parameters start. */
import { type Key, Stream } from "#random";

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
  return (key, data) => {
    const stream = new Stream(key);
    for (let at = 0; at < data.length; at++) data[at] = (2 * stream.uniform() - 1) * bound;
  };
}

/** N(0, deviation²), by Box and Muller. */
export function normal(deviation: number): Init {
  return (key, data) => {
    const stream = new Stream(key);
    for (let at = 0; at < data.length; at++) {
      const radius = Math.sqrt(-2 * Math.log(1 - stream.uniform()));
      data[at] = deviation * radius * Math.cos(2 * Math.PI * stream.uniform());
    }
  };
}
