/** A trained generator at work: histories in, states out; states and noise in, generated vectors and scores out. */
import { guided, samplers } from "#diffusion";
import { Weights } from "#nn";
import { fillNormal, type Key } from "#random";
import type { Context, Profile, Ranker } from "#recommender";
import { type Arrays, bool, compile, float32, int32, type NdArray, type Tensor } from "#tensor";
import { type ItemSide, rowsOf } from "./batches.ts";
import type { DeftRecConfig } from "./config.ts";
import type { Generation } from "./generation.ts";
import type { HistoryLanguage } from "./language.ts";
import { layoutOf } from "./layout.ts";
import { DeftRecNetwork, type HistoryArrays, RESPONSE, type Space } from "./network.ts";

/** Profiles read at once, of like length: padding is computed as dearly as items are. */
const MOST_AT_ONCE = 64;

/** What a user was read as, and the noise that their vectors start from. */
export interface GeneratorState {
  readonly state: Float32Array; // [W], the condition
  /** log-probability that the response names each group [G + 1], where items are also found by it. */
  readonly groups?: Float32Array;
  readonly noise: Float32Array; // [samples, D]
  /** What was read; told from anew, where a response is asked for. */
  readonly history: Int32Array;
}

type TellerArrays = HistoryArrays & { readonly states: NdArray; readonly noise: NdArray };

export async function openGenerator(
  options: DeftRecConfig,
  arrays: Arrays,
  space: Space,
  side: ItemSide & { readonly language?: HistoryLanguage | undefined },
  { runtime }: Context,
): Promise<Ranker<GeneratorState>> {
  const weights = Weights.read(arrays);
  const network = new DeftRecNetwork(weights, options, space);
  const parameters = weights.arrays;
  const { dim, ways, samples } = options;
  const table = compile(
    "deftrec.items",
    (inputs: Readonly<Record<string, Tensor>>) => {
      const vectors = network.vectors(inputs.items, inputs.text);
      return { vectors, tokens: network.tokens(vectors) };
    },
    { runtime, parameters },
  );
  const every = Int32Array.from({ length: space.items + 1 }, (_, item) => item);
  const known = { items: int32(every, [space.items + 1]), ...(side.text && { text: side.text }) };
  const { vectors, tokens } = await table.run(known as Arrays); // as: text only where the network reads it
  await table[Symbol.asyncDispose]();
  const historyAxes = {
    tokens: ["B", null, null, null],
    visible: ["B", null],
    ...(side.language && { language: ["B", null, null] }),
  };
  const byText = options.retrieval !== "latent";
  const reader = compile<HistoryArrays, { readonly states: Tensor; readonly groups?: Tensor }>(
    "deftrec.read",
    (history) => {
      const { condition: states, groups } = network.query(history);
      return byText ? { states, groups } : { states };
    },
    {
      runtime,
      parameters,
      axes: historyAxes,
    },
  );
  const scorer = compile(
    "deftrec.generate",
    ({ states, noise, items }) => ({
      scores: network.generation.scores(generate(network.generation, options, states, noise), items),
    }),
    { runtime, parameters, axes: { states: ["B", null], noise: ["B", null], items: ["N", null] } },
  );
  const teller = compile<TellerArrays, { readonly vectors: Tensor; readonly words: Tensor }>(
    "deftrec.tell",
    ({ states, noise, ...history }) => ({
      vectors: generate(network.generation, options, states, noise),
      words: network.respond(history),
    }),
    {
      runtime,
      parameters,
      axes: {
        states: ["B", null],
        noise: ["B", null],
        ...historyAxes,
      },
    },
  );
  // float32 by construction: vectors [N + 1, D], tokens [N + 1, K, W].
  const tokenData = tokens.data as Float32Array;
  const vectorData = vectors.data as Float32Array;
  const matrix = (rows: readonly Float32Array[]) => stacked(rows, dim);
  const unknown = options.space === "fixed" ? zeroRows(vectorData, dim) : [];
  return {
    experts: { generator: "logits" },
    encode: async (profiles, key) => {
      const states = new Array<GeneratorState>(profiles.length);
      const byLength = [...profiles.keys()].sort((a, b) => profiles[a].history.length - profiles[b].history.length);
      for (let from = 0; from < byLength.length; from += MOST_AT_ONCE) {
        const some = byLength.slice(from, from + MOST_AT_ONCE);
        const inputs = await readInputs(
          some.map((at) => profiles[at]),
          tokenData,
          0,
        );
        const told = await reader.run(inputs);
        const read = told.states.data as Float32Array; // as: float32 by construction
        const groups = told.groups?.data as Float32Array | undefined; // as: likewise
        some.forEach((at, row) => {
          const noise = new Float32Array(samples * dim);
          fillNormal(noiseKey(key, profiles[at].history), noise, 1);
          const width = space.groups + 1;
          states[at] = {
            state: read.slice(row * dim, (row + 1) * dim),
            noise,
            history: profiles[at].history,
            ...(groups && { groups: groups.slice(row * width, (row + 1) * width) }),
          };
        });
      }
      return states;
    },
    score: async (states, items) => {
      const against = items === undefined ? vectors : rowsOf(float32(vectorData, vectors.shape), items);
      const conditions = matrix(states.map(({ state }) => state));
      const each: Float32Array[] = [];
      for (let sample = 0; sample < samples; sample++) {
        const noise = states.map((state) => state.noise.subarray(sample * dim, (sample + 1) * dim));
        const { scores } = await scorer.run({
          states: conditions,
          noise: matrix(noise),
          items: against,
        });
        each.push(scores.data as Float32Array);
      }
      const latent = each.length === 1 ? each[0] : logMeanSoftmax(each, against.shape[0]);
      const generator = byText ? withText(latent, states, options, { groupOf: side.groupOf, items }) : latent;
      silence(generator, against.shape[0], unknown, items);
      return { generator };
    },
    vectors: async () => ({ data: vectorData, dim }),
    read: async (states) => {
      const told = await teller.run({
        states: matrix(states.map(({ state }) => state)),
        noise: matrix(states.map(({ noise }) => noise.subarray(0, dim))),
        ...(await readInputs(states, tokenData, RESPONSE - 1)),
      });
      const generated = told.vectors.data as Float32Array; // as: float32 by construction
      return states.map((_, row) => {
        const vector = generated.slice(row * dim, (row + 1) * dim);
        const category = space.groupNames?.[Number(told.words.data[row * RESPONSE])]; // behind it comes stop
        return category === undefined || category === "" ? { vector } : { vector, category };
      });
    },
    [Symbol.asyncDispose]: async () => {
      await reader[Symbol.asyncDispose]();
      await scorer[Symbol.asyncDispose]();
      await teller[Symbol.asyncDispose]();
      await side.language?.[Symbol.asyncDispose]();
    },
  };

  /** Right-aligned tokens of the most recent items, and the layout of that length with so many `words` of a response. */
  async function readInputs(profiles: readonly Profile[], all: Float32Array, words: number) {
    const { maxLength } = options;
    const recent = profiles.map(({ history }) => history.slice(-maxLength));
    const length = readLength(Math.max(1, ...recent.map((history) => history.length)), maxLength);
    const width = ways * dim;
    const read = new Float32Array(profiles.length * length * width);
    const visible = new Uint8Array(profiles.length * length);
    recent.forEach((history, row) => {
      history.forEach((item, at) => {
        const place = row * length + length - history.length + at;
        read.set(all.subarray(item * width, (item + 1) * width), place * width);
        visible[place] = 1;
      });
    });
    const { mask, distances } = layoutOf(length, ways, { asked: "last", words, queries: options.queries });
    const histories = profiles.map(({ history }) => history);
    return {
      ...(side.language && { language: await side.language.read(histories, length) }),
      tokens: float32(read, [profiles.length, length, ways, dim]),
      visible: bool(visible, [profiles.length, length]),
      mask,
      distances,
    };
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

/** A quarter, a half or all of what may be read: each length is one compiled session. */
function readLength(longest: number, maxLength: number): number {
  return [4, 2, 1].map((part) => Math.ceil(maxLength / part)).find((length) => length >= longest) ?? maxLength;
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
