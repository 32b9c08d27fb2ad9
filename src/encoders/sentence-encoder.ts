/**
 * Texts → vectors, with any sentence encoder that lies as ONNX in a directory: model.onnx and tokenizer.json.
 *   v = mean of last_hidden_state over the tokens that are there, then length 1;   or sentence_embedding as the graph gives it
 * Source: Reimers & Gurevych, Sentence-BERT (2019), section 3: mean pooling; the names are those that exporters write.
 * Texts of like length run together, filled up to the longest of them: what the mask hides would only cost time. In a graph
 * that quantises as it runs (dynamic int8), a batch shares its scales, so that neighbours in it move a vector a little.
 */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { DataError, InterruptedError } from "#base";
import { type Arrays, type NdArray, type OnnxFile, openOnnx, type Runtime } from "#tensor";
import { TextTokenizer, type TokenBatch } from "#text";
import type { EncodeOptions, TextEncoder, TextVectors } from "./text-encoder.ts";

/** Most texts, and most tokens, that run together. */
const ROWS = 64;
const TOKENS = 4096;

/** Opens the sentence encoder in `directory`; what is missing or damaged is named. */
export async function sentenceEncoder(directory: string, runtime: Runtime): Promise<SentenceEncoder> {
  const isDirectory = await stat(directory).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isDirectory) {
    throw new DataError(
      `${directory}: this is not a directory. Expected a sentence encoder's, with model.onnx and tokenizer.json.`,
      {
        code: "no-encoder",
        file: directory,
      },
    );
  }
  const tokenizer = await TextTokenizer.load(directory);
  const path = join(directory, "model.onnx");
  const model = await openOnnx(path, runtime);
  try {
    return new SentenceEncoder(path, tokenizer, model, outputOf(path, model));
  } catch (cause) {
    await model[Symbol.asyncDispose]();
    throw cause;
  }
}

export class SentenceEncoder implements TextEncoder {
  constructor(
    private readonly path: string,
    private readonly tokenizer: TextTokenizer,
    private readonly model: OnnxFile,
    private readonly output: string,
  ) {}

  /** One vector a text, in their order. */
  async encode(texts: readonly string[], { progress, signal }: EncodeOptions = {}): Promise<TextVectors> {
    const rows = texts.map((text) => this.tokenizer.encode(text));
    const order = rows.map((_, at) => at).sort((a, b) => rows[a].length - rows[b].length || a - b);
    let vectors: TextVectors = { data: new Float32Array(0), dim: 0 };
    for (let first = 0; first < order.length; ) {
      if (signal?.aborted) throw new InterruptedError();
      const chosen = order.slice(first, first + sizeOfBatch(order, rows, first));
      const encoded = await this.#encode(chosen.map((at) => rows[at]));
      if (first === 0) vectors = { data: new Float32Array(texts.length * encoded.dim), dim: encoded.dim };
      const { data, dim } = vectors;
      chosen.forEach((at, row) => {
        data.set(encoded.data.subarray(row * dim, (row + 1) * dim), at * dim);
      });
      first += chosen.length;
      progress?.(first);
    }
    return vectors;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.model[Symbol.asyncDispose]();
  }

  async #encode(rows: readonly (readonly number[])[]): Promise<TextVectors> {
    const batch = this.tokenizer.batch(rows, "longest");
    const result = (await this.model.run(feedsOf(this.path, this.model, batch), [this.output]))[this.output];
    const { data, shape } = result;
    if (!(data instanceof Float32Array) || shape[0] !== rows.length || (shape.length !== 2 && shape.length !== 3)) {
      throw unfit(this.path, `"${this.output}" came out as ${result.dtype} [${shape.join(", ")}]`);
    }
    const dim = shape[shape.length - 1];
    return shape.length === 2 ? { data, dim } : meanPooled(data, dim, batch.mask);
  }
}

/** The mean of each text's token vectors where the mask is 1, at length 1: data [B, L, D], mask [B, L] → [B, D]. */
export function meanPooled(data: Float32Array, dim: number, mask: NdArray<BigInt64Array>): TextVectors {
  const [rows, length] = mask.shape;
  const pooled = new Float32Array(rows * dim);
  for (let row = 0; row < rows; row++) {
    const sum = new Float64Array(dim); // its length is divided away, so the count of tokens need not be
    for (let at = row * length; at < (row + 1) * length; at++) {
      if (mask.data[at] === 0n) continue;
      for (let axis = 0; axis < dim; axis++) sum[axis] += data[at * dim + axis];
    }
    const norm = Math.sqrt(sum.reduce((total, value) => total + value * value, 0)) || 1;
    for (let axis = 0; axis < dim; axis++) pooled[row * dim + axis] = sum[axis] / norm;
  }
  return { data: pooled, dim };
}

/** How many of `order` from `first` on run together; they stand shortest first. */
function sizeOfBatch(order: readonly number[], rows: readonly (readonly number[])[], first: number): number {
  let size = 1;
  while (size < ROWS && first + size < order.length && (size + 1) * rows[order[first + size]].length <= TOKENS) size++;
  return size;
}

/** The output that vectors are made of. */
function outputOf(path: string, { inputs, outputs }: OnnxFile): string {
  if (!inputs.includes("input_ids")) throw unfit(path, `its inputs are ${inputs.join(", ")}`);
  const known = ["sentence_embedding", "last_hidden_state"].find((name) => outputs.includes(name));
  const output = known ?? (outputs.length === 1 ? outputs[0] : undefined);
  if (output === undefined) throw unfit(path, `its outputs are ${outputs.join(", ")}`);
  return output;
}

function feedsOf(path: string, { inputs }: OnnxFile, { ids, mask, types }: TokenBatch): Arrays {
  const known: Arrays = { input_ids: ids, attention_mask: mask, token_type_ids: types };
  return Object.fromEntries(
    inputs.map((name) => {
      if (!Object.hasOwn(known, name)) throw unfit(path, `it also asks for "${name}"`);
      return [name, known[name]];
    }),
  );
}

function unfit(path: string, why: string): DataError {
  return new DataError(
    `${path}: this graph is not a sentence encoder (${why}). Expected input_ids, attention_mask and maybe token_type_ids in, float32 last_hidden_state [B, L, D] or sentence_embedding [B, D] out.`,
    { code: "not-an-encoder", file: path, hint: "Export the model for feature extraction." },
  );
}
