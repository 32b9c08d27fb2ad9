/**
 * One update out of several batches: gradients are added up, and every k-th step `optimizer` meets their mean, as if the k
 * batches had been one (where each counts the same, as equally large ones under a mean do).
 *   a ← a + g;  at steps k, 2k, …:  update number step/k with a/k, then a ← 0
 * Between updates weights, moments and averages stay as they are, and schedules count updates: give them ⌊steps / k⌋ as
 * their total. What is added up is part of the state, so that a resumed training goes on in the middle of an update.
 * Batches after the last full k are not applied.
 */
import { type Arrays, bool, float32, type NdArray } from "#tensor";
import { Chain, type Link, type State, type Update } from "./chain.ts";
import type { Merged, TouchedRows } from "./merged.ts";

/**
 * `optimizer`, stepped once for every `batches` batches with the mean of their gradients.
 * @example accumulate(4, chain(clipGlobalNorm(1), adam({ rate: warmupCosine({ …, totalSteps: totalSteps / 4 }) })))
 */
export function accumulate(batches: number, optimizer: Chain): Chain {
  if (!Number.isInteger(batches) || batches < 1) {
    throw new Error(`internal: accumulate counts whole batches from 1 up, got ${batches}`);
  }
  return batches === 1 ? optimizer : new Chain([new Accumulate(batches, optimizer)]);
}

const SUM = "sum/";
/** Which rows of a sum have a gradient: what updates only touched rows must know them after a restart too. */
const READ = "read/";

class Accumulate implements Link {
  /** Of the last update: what a step without one reports. */
  #figures: Readonly<Record<string, number>> = {};

  constructor(
    private readonly batches: number,
    private readonly optimizer: Chain,
  ) {}

  trains(address: string): boolean {
    return this.optimizer.trains(address);
  }

  init(parameters: Arrays): Record<string, NdArray> {
    const state = this.optimizer.init(parameters);
    for (const [address, { shape, data }] of Object.entries(parameters)) {
      state[`${SUM}${address}`] = float32(new Float32Array(data.length), shape);
      const rows = shape[0] ?? 1;
      state[`${READ}${address}`] = bool(new Uint8Array(rows), [rows]);
    }
    return state;
  }

  apply({ parameters, gradients, step }: Update, state: State): Readonly<Record<string, number>> {
    for (const merged of gradients) add(merged, arraysOf(state, merged.address));
    if (step % this.batches !== 0) return this.#figures;
    const sums = Object.keys(state).flatMap((name) => {
      if (!name.startsWith(SUM)) return [];
      const address = name.slice(SUM.length);
      return this.#summed(address, parameters[address], arraysOf(state, address));
    });
    this.#figures = this.optimizer.take({ parameters, gradients: sums, step: step / this.batches }, state);
    for (const { address } of sums) {
      const { sum, read } = arraysOf(state, address);
      sum.fill(0);
      read.fill(0);
    }
    return this.#figures;
  }

  averaged(parameters: Arrays, state: State): Arrays {
    return this.optimizer.averaged(parameters, state);
  }

  /** The mean of a parameter's gradients; nothing where no batch had one. */
  #summed(address: string, parameter: NdArray, { sum, read }: Sums): Merged[] {
    const rows = Int32Array.from(read.keys()).filter((row) => read[row] === 1);
    if (rows.length === 0) return [];
    const touched: TouchedRows | undefined =
      rows.length === read.length ? undefined : { rows, count: rows.length, width: sum.length / read.length };
    // Only parameters in float32 have gradients (merged.ts).
    return [
      { address, weights: parameter.data as Float32Array, gradient: sum, touched, scale: 1 / this.batches, rate: 1 },
    ];
  }
}

interface Sums {
  readonly sum: Float32Array;
  readonly read: Uint8Array;
}

function add({ gradient, touched, scale }: Merged, { sum, read }: Sums): void {
  if (touched === undefined) {
    read.fill(1);
    for (let at = 0; at < sum.length; at++) sum[at] += gradient[at] * scale;
    return;
  }
  for (let at = 0; at < touched.count; at++) {
    const row = touched.rows[at];
    read[row] = 1;
    const end = (row + 1) * touched.width;
    for (let to = row * touched.width; to < end; to++) sum[to] += gradient[to] * scale;
  }
}

function arraysOf(state: State, address: string): Sums {
  const sum = state[`${SUM}${address}`]?.data;
  const read = state[`${READ}${address}`]?.data;
  if (sum instanceof Float32Array && read instanceof Uint8Array) return { sum, read };
  throw new Error(`internal: accumulate keeps no arrays for "${address}"; was init given this parameter?`);
}
