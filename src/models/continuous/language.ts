/**
 * What a frozen language model adds to the compact backbone (llmMode=frozen): it reads histories as text, and its state at
 * each item stands beside that item's tokens.
 *   stage language    mean and deviation of each of its D_L features over the training histories' states
 *   what is read      (state − mean) / deviation, clamped to ±8: a few features of such models are far larger than all others
 */
import type { Batch, Catalogue, Histories } from "#data";
import { type HistoryStates, LanguageStates } from "#encoders";
import type { Computed, Context, Earlier } from "#recommender";
import { savedFloat32 } from "#retrieval";
import { float16Table, float32, type NdArray } from "#tensor";
import type { DeftRecConfig } from "./config.ts";

/** Beyond so many deviations a feature says no more. */
const MOST_DEVIATIONS = 8;

/** Whether histories are read by a frozen language model. */
export function readsLanguage({ llm, llmMode }: DeftRecConfig): boolean {
  return llm !== "" && llmMode === "frozen";
}

/** Reads all histories once and leaves how its features lie; the states themselves stay in the cache. */
export function languageStage(options: DeftRecConfig): Computed {
  return {
    kind: "computed",
    name: "language",
    compute: async ({ histories, catalogue }, _earlier, _key, context) => {
      await using states = await openStates(options, catalogue, context);
      const read = await states.read(everyOf(histories), Number.POSITIVE_INFINITY);
      const { dim, files } = states;
      const { mean, deviation } = featureMoments(read, dim);
      return { arrays: { mean: float32(mean, [dim]), deviation: float32(deviation, [dim]) }, files };
    },
  };
}

/** Width D_L of what the stage left; 0 where no language model reads. */
export function languageWidth({ language }: Earlier): number {
  return language?.arrays.mean.shape[0] ?? 0;
}

/** A frozen language model's states, standardised, of any histories. */
export class HistoryLanguage implements AsyncDisposable {
  private constructor(
    private readonly states: LanguageStates,
    private readonly scale: Standardiser,
  ) {}

  /** undefined where none reads. */
  static async open(
    options: DeftRecConfig,
    earlier: Earlier,
    catalogue: Catalogue,
    context: Context,
  ): Promise<HistoryLanguage | undefined> {
    if (!readsLanguage(options)) return undefined;
    return new HistoryLanguage(await openStates(options, catalogue, context), new Standardiser(earlier));
  }

  get dim(): number {
    return this.states.dim;
  }

  /** The last `length` items' states of each history, at the right: [B, length, D_L]. */
  async read(histories: readonly Int32Array[], length: number): Promise<NdArray<Float32Array>> {
    const { dim } = this;
    const read = await this.states.read(histories, length);
    const data = new Float32Array(histories.length * length * dim);
    read.forEach((states, row) => {
      this.scale.write(states, data, (row + 1) * length * dim - states.length);
    });
    return float32(data, [histories.length, length, dim]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.states[Symbol.asyncDispose]();
  }
}

/** The states of all training histories, for batches. */
export class TrainingLanguage {
  private constructor(
    private readonly histories: Histories,
    private readonly states: readonly HistoryStates[],
    private readonly scale: Standardiser,
    private readonly dim: number,
  ) {}

  /** undefined where no language model reads. */
  static async of(
    options: DeftRecConfig,
    { histories, catalogue }: { readonly histories: Histories; readonly catalogue: Catalogue },
    earlier: Earlier,
    context: Context,
  ): Promise<TrainingLanguage | undefined> {
    if (!readsLanguage(options)) return undefined;
    await using states = await openStates(options, catalogue, context);
    const read = await states.read(everyOf(histories), Number.POSITIVE_INFINITY);
    return new TrainingLanguage(histories, read, new Standardiser(earlier), states.dim);
  }

  /** What was made of a batch's items, place by place: [B, T, D_L], 0 where a row is filled up. */
  rows({ items, users, after }: Batch): NdArray<Float32Array> {
    const [rows, length] = items.shape;
    const { dim } = this;
    const data = new Float32Array(rows * length * dim);
    for (let row = 0; row < rows; row++) {
      const user = users[row];
      if (user < 0) continue;
      const end = this.histories.lengthOf(user) - 1 - after[row]; // items [.., end) are read, the next one is the target
      const shown = items.data.subarray(row * length, (row + 1) * length).filter((item) => item > 0).length;
      const states = this.states[user].subarray((end - shown) * dim, end * dim);
      this.scale.write(states, data, (row + 1) * length * dim - states.length);
    }
    return float32(data, [rows, length, dim]);
  }
}

class Standardiser {
  readonly #mean: Float32Array;
  readonly #deviation: Float32Array;

  constructor({ language }: Earlier) {
    this.#mean = savedFloat32(language?.arrays, "mean", "deftrec");
    this.#deviation = savedFloat32(language?.arrays, "deviation", "deftrec");
  }

  /** Writes states [n, D_L] standardised into `into` from `offset` on. */
  write(states: HistoryStates, into: Float32Array, offset: number): void {
    const [mean, deviation, values] = [this.#mean, this.#deviation, float16Table()];
    for (let from = 0; from < states.length; from += mean.length) {
      for (let k = 0; k < mean.length; k++) {
        const value = (values[states[from + k]] - mean[k]) / deviation[k];
        into[offset + from + k] = Math.max(-MOST_DEVIATIONS, Math.min(MOST_DEVIATIONS, value));
      }
    }
  }
}

function openStates(options: DeftRecConfig, catalogue: Catalogue, context: Context): Promise<LanguageStates> {
  const { llm: model, llmPrecision: precision, titleTokens } = options;
  return LanguageStates.open({ model, precision, titleTokens }, catalogue, context);
}

function everyOf(histories: Histories): Int32Array[] {
  return Array.from({ length: histories.users }, (_, user) => histories.of(user));
}

function featureMoments(read: readonly HistoryStates[], dim: number) {
  const values = float16Table();
  const [sum, squares] = [new Float64Array(dim), new Float64Array(dim)];
  let count = 0;
  for (const states of read) {
    for (let from = 0; from < states.length; from += dim, count++) {
      for (let k = 0; k < dim; k++) {
        const value = values[states[from + k]];
        sum[k] += value;
        squares[k] += value * value;
      }
    }
  }
  const mean = Float32Array.from(sum, (total) => total / Math.max(1, count));
  const deviation = Float32Array.from(squares, (total, k) => {
    return Math.sqrt(Math.max(1e-12, total / Math.max(1, count) - mean[k] ** 2)) || 1;
  });
  return { mean, deviation };
}
