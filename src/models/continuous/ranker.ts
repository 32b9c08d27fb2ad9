/** A trained generator at work: histories in, states out; states and noise in, generated vectors and scores out. */
import { guided, samplers } from "#diffusion";
import { fillNormal, type Key } from "#random";
import type { Context, Profile, Ranker, Reading } from "#recommender";
import { type Arrays, type Compiled, compile, float32, int32, type NdArray, type Tensor } from "#tensor";
import { type ItemSide, rowsOf } from "./batches.ts";
import type { DeftRecConfig } from "./config.ts";
import type { Generation } from "./generation.ts";
import type { Reader, ReadHistory } from "./reader.ts";

/** What a user was read as, and the noise that their vectors start from. */
export interface GeneratorState extends ReadHistory {
  readonly noise: Float32Array; // [samples, D]
  /** What was read; told from anew, where a response is asked for. */
  readonly history: Int32Array;
}

/** What makes vectors and tokens of items. */
export interface ItemMaker {
  /** items [U] int32 and their texts' vectors [U, F] → vectors [U, D] */
  vectors(items: Tensor, text?: Tensor): Tensor;
  /** vectors [U, D] → tokens [U, K, W] */
  tokens(vectors: Tensor): Tensor;
}

/** Vectors [N + 1, D] and tokens [N + 1, K, W] of all items. */
export async function tableOf(
  network: ItemMaker,
  parameters: Arrays,
  { groupOf, text }: ItemSide,
  { runtime }: Context,
) {
  await using table = compile(
    "deftrec.items",
    (inputs: Readonly<Record<string, Tensor>>) => {
      const vectors = network.vectors(inputs.items, inputs.text);
      return { vectors, tokens: network.tokens(vectors) };
    },
    { runtime, parameters },
  );
  const every = Int32Array.from({ length: groupOf.length }, (_, item) => item);
  const known = { items: int32(every, [every.length]), ...(text && { text }) };
  const { vectors, tokens } = await table.run(known as Arrays); // as: text only where the network reads it
  return { vectors: vectors as NdArray<Float32Array>, tokens: tokens as NdArray<Float32Array> }; // as: float32 by construction
}

/** What a ranker is made of. */
interface GeneratorParts {
  readonly generation: Generation;
  readonly parameters: Arrays;
  readonly vectors: NdArray<Float32Array>; // [N + 1, D]
  readonly groupOf: Int32Array;
  readonly reader: Reader;
}

export class GeneratorRanker implements Ranker<GeneratorState> {
  readonly experts = { generator: "logits" } as const;
  readonly readsAnswer: boolean;
  readonly #scorer: Compiled<Arrays, { readonly scores: Tensor }>;
  readonly #generator: Compiled<Arrays, { readonly vectors: Tensor }>;
  readonly #unknown: readonly number[];

  constructor(
    private readonly options: DeftRecConfig,
    private readonly parts: GeneratorParts,
    { runtime }: Context,
  ) {
    const { generation, parameters, vectors } = parts;
    this.readsAnswer = options.reasoning === "oracle";
    const axes = { states: ["B", null], noise: ["B", null] };
    this.#scorer = compile(
      "deftrec.generate",
      ({ states, noise, items }: Readonly<Record<string, Tensor>>) => ({
        scores: generation.scores(generate(generation, options, states, noise), items),
      }),
      { runtime, parameters, axes: { ...axes, items: ["N", null] } },
    );
    this.#generator = compile(
      "deftrec.tell",
      ({ states, noise }: Readonly<Record<string, Tensor>>) => ({
        vectors: generate(generation, options, states, noise),
      }),
      { runtime, parameters, axes },
    );
    this.#unknown = options.space === "fixed" ? zeroRows(vectors.data, options.dim) : [];
  }

  async encode(profiles: readonly Profile[], key: Key): Promise<readonly GeneratorState[]> {
    const { samples, dim } = this.options;
    const read = await this.parts.reader.read(
      profiles.map(({ history }) => history),
      profiles.map(({ answer }) => answer),
    );
    return profiles.map(({ history }, at) => {
      const noise = new Float32Array(samples * dim);
      fillNormal(noiseKey(key, history), noise, 1);
      return { ...read[at], noise, history };
    });
  }

  async score(states: readonly GeneratorState[], items?: Int32Array): Promise<{ generator: Float32Array }> {
    const { samples, dim, retrieval } = this.options;
    const { vectors, groupOf } = this.parts;
    const against = items === undefined ? vectors : rowsOf(vectors, items);
    const conditions = this.#matrix(states.map(({ state }) => state));
    const each: Float32Array[] = [];
    for (let sample = 0; sample < samples; sample++) {
      const noise = this.#matrix(states.map((state) => state.noise.subarray(sample * dim, (sample + 1) * dim)));
      const { scores } = await this.#scorer.run({ states: conditions, noise, items: against });
      each.push(scores.data as Float32Array); // as: float32 by construction
    }
    const latent = each.length === 1 ? each[0] : logMeanSoftmax(each, against.shape[0]);
    const byText = retrieval !== "latent";
    const generator = byText ? withText(latent, states, this.options, { groupOf, items }) : latent;
    silence(generator, against.shape[0], this.#unknown, items);
    return { generator };
  }

  async vectors() {
    return { data: this.parts.vectors.data, dim: this.options.dim };
  }

  async read(states: readonly GeneratorState[]): Promise<readonly Reading[]> {
    const { dim } = this.options;
    const { vectors } = await this.#generator.run({
      states: this.#matrix(states.map(({ state }) => state)),
      noise: this.#matrix(states.map(({ noise }) => noise.subarray(0, dim))),
    });
    const responses = await this.parts.reader.respond(states.map(({ history }) => history));
    const generated = vectors.data as Float32Array; // as: float32 by construction
    return states.map((_, row) => ({ vector: generated.slice(row * dim, (row + 1) * dim), ...responses[row] }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#scorer[Symbol.asyncDispose]();
    await this.#generator[Symbol.asyncDispose]();
    await this.parts.reader[Symbol.asyncDispose]();
  }

  #matrix(rows: readonly Float32Array[]): NdArray {
    return stacked(rows, this.options.dim);
  }
}

/** From noise [B, D] under conditions [B, W] to what the last denoising step says [B, D]. */
function generate(generation: Generation, options: DeftRecConfig, states: Tensor, noise: Tensor): Tensor {
  const { guidance, samplingSteps } = options;
  const none = generation.nullCondition.unsqueeze(0).expand(states.shape);
  return samplers.ddim(noise, {
    chain: generation.chain,
    steps: samplingSteps,
    objective: generation.objective,
    says: guided(
      (x, step) => generation.denoise(x, step, states),
      (x, step) => generation.denoise(x, step, none),
      guidance,
    ),
    between: (clean) => generation.between(clean),
  });
}

/**
 * Scores of a latent score s and the category's probability, as the options say:
 *   text     log p(group of i)        hybrid   log softmax(s)_i + textWeight · log p(group of i)
 */
function withText(
  latent: Float32Array,
  states: readonly GeneratorState[],
  { retrieval, textWeight }: DeftRecConfig,
  { groupOf, items }: { readonly groupOf: Int32Array; readonly items?: Int32Array | undefined },
): Float32Array {
  const columns = latent.length / states.length;
  const scores = retrieval === "hybrid" ? logMeanSoftmax([latent], columns) : new Float32Array(latent.length);
  const weight = retrieval === "hybrid" ? textWeight : 1;
  states.forEach(({ groups }, row) => {
    if (groups === undefined) throw new Error("internal: a state was read without the response's groups");
    for (let column = 0; column < columns; column++) {
      scores[row * columns + column] += weight * groups[groupOf[items === undefined ? column : items[column]]];
    }
  });
  return scores;
}

/** Items without a vector: nothing was learned of them, and nothing else will be where vectors are fixed. */
function zeroRows(table: Float32Array, width: number): number[] {
  const rows = Array.from({ length: table.length / width }, (_, row) => row);
  return rows.filter((row) => table.subarray(row * width, (row + 1) * width).every((value) => value === 0));
}

/** -Infinity for the items of `unknown`, where columns are the catalogue or `items` of it. */
function silence(scores: Float32Array, columns: number, unknown: readonly number[], items?: Int32Array): void {
  if (unknown.length === 0) return;
  const none = new Set(unknown);
  for (let column = 0; column < columns; column++) {
    if (!none.has(items === undefined ? column : items[column])) continue;
    for (let at = column; at < scores.length; at += columns) scores[at] = -Infinity;
  }
}

/** A user's noise follows from their history: the same alone as in a batch. */
function noiseKey(key: Key, history: Int32Array): Key {
  let hash = history.length;
  for (const item of history) hash = (Math.imul(hash, 31) + item) >>> 0;
  return key.fold("noise").fold(hash);
}

/** Rows of `dim` below each other: [B, dim]. */
function stacked(rows: readonly Float32Array[], dim: number): NdArray {
  const all = new Float32Array(rows.length * dim);
  rows.forEach((row, at) => {
    all.set(row, at * dim);
  });
  return float32(all, [rows.length, dim]);
}

/**
 * log of the mean over samples of each one's softmax, row by row of `columns`:  log Σ_s exp(x_s − log Σ exp x_s) − log S
 * In logarithms throughout: what is e^-200 times as likely as the best is still likelier than what is e^-300.
 */
function logMeanSoftmax(samples: readonly Float32Array[], columns: number): Float32Array {
  const mean = new Float32Array(samples[0].length).fill(-Infinity);
  for (const scores of samples) {
    for (let from = 0; from < scores.length; from += columns) {
      const row = scores.subarray(from, from + columns);
      let most = -Infinity;
      for (const score of row) if (score > most) most = score;
      let sum = 0;
      for (const score of row) sum += Math.exp(score - most);
      const total = most + Math.log(sum) + Math.log(samples.length);
      for (let at = 0; at < columns; at++) mean[from + at] = logSum(mean[from + at], row[at] - total);
    }
  }
  return mean;
}

/** log(e^a + e^b) */
function logSum(a: number, b: number): number {
  const [low, high] = a < b ? [a, b] : [b, a];
  return low === -Infinity ? high : high + Math.log1p(Math.exp(low - high));
}
