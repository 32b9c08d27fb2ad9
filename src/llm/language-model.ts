/**
 * A pretrained language model, opened: it reads and continues texts, as token ids or as vectors, and tells what it finds of
 * them: logits, states, how likely a text is.
 * @example
 * await using model = await LanguageModel.open("models/SmolLM2-135M-Instruct", { runtime: { device: "cpu", threads: 1 } });
 * for await (const piece of model.write("The capital of France is", { maxTokens: 16 })) process.stdout.write(piece);
 */
import { CheckpointError, DataError, type Emit } from "#base";
import { Weights } from "#nn";
import type { NdArray, Runtime } from "#tensor";
import { allInBasis, FINAL_GAIN } from "./basis.ts";
import {
  estimateMemory,
  isPackable,
  isPacked,
  isRounded,
  type LoadProgress,
  loadWeights,
  type MemoryEstimate,
  type Precision,
  readGains,
} from "./checkpoint/load.ts";
import { openCheckpoint } from "./checkpoint/open.ts";
import type { Checkpoint } from "./checkpoint/source.ts";
import { type ModelText, openText } from "./checkpoint/text.ts";
import type { DecoderConfig, SpecialTokens } from "./config.ts";
import { EmbeddingTable } from "./embedding-table.ts";
import type { KeyValueCache } from "./generation/cache.ts";
import { type GeneratedStep, type GenerateOptions, generate, readPrompts } from "./generation/generate.ts";
import { likelihoodsOf } from "./generation/likelihoods.ts";
import { surprise } from "./generation/sampling.ts";
import { DecoderSession } from "./generation/session.ts";
import { type StatesOptions, statesOf } from "./generation/states.ts";
import { TextStream } from "./generation/text-stream.ts";
import { locateModel } from "./hub/locate.ts";
import { type Adapter, merged, readAdapter } from "./lora/adapter.ts";
import { lora } from "./lora/lora.ts";
import { type Project, packed } from "./projection.ts";
import { rounded } from "./rounded.ts";

export interface OpenOptions {
  readonly runtime: Runtime;
  /**
   * float32: as exact as the weights. int8: weights in 8 bits, what they meet in 8 or 16: the fastest. packed: weights stay
   * in the 4 or 8 bits the file has them in, what they meet is rounded to 8: the smallest.
   */
  readonly precision?: Precision;
  /** A LoRA adapter, or the directory of one, as PEFT writes it; merged into dense weights, kept beside packed ones. */
  readonly adapter?: string | Adapter;
  readonly progress?: LoadProgress;
  /** Told before weights are read. */
  readonly announce?: (memory: MemoryEstimate) => void;
  /** Told what is fetched of a model of the hub. */
  readonly emit?: Emit;
  /** Stops fetching. */
  readonly signal?: { readonly aborted: boolean };
}

/** A prompt: its tokens, or their vectors [T, D]. */
export type Prompt = readonly number[] | Float32Array;

/** Under which adapters' arrays stand beside packed weights. */
const ADAPTER = "adapter";
/** Most tokens whose logits exist at once. */
const SCORED_AT_ONCE = 128;

export class LanguageModel implements AsyncDisposable {
  private constructor(
    readonly path: string,
    readonly config: DecoderConfig,
    readonly tokens: SpecialTokens,
    readonly memory: MemoryEstimate,
    private readonly text: ModelText | undefined,
    private readonly table: EmbeddingTable,
    private readonly session: DecoderSession,
  ) {}

  /** Opens a directory, a GGUF file, or a model of the hub by its id (`owner/name`, fetched where it is not here). */
  static async open(model: string, options: OpenOptions): Promise<LanguageModel> {
    const { precision = "float32", runtime, progress, announce, emit, signal } = options;
    const path = await locateModel(model, { emit, signal });
    await using checkpoint = await openCheckpoint(path);
    const memory = estimateMemory(checkpoint, precision);
    announce?.(memory);
    const text = await openText(checkpoint);
    const adapter = typeof options.adapter === "string" ? await readAdapter(options.adapter) : options.adapter;
    if (adapter !== undefined) {
      requireFitting(checkpoint, adapter, typeof options.adapter === "string" ? options.adapter : "adapter");
    }
    const loaded = await loadWeights(checkpoint, precision, progress);
    const isMerged = adapter !== undefined && precision === "float32";
    const arrays = isMerged ? merged(loaded, adapter) : { ...loaded };
    const table = await tableOf(checkpoint, precision, arrays);
    const own = projectFor(checkpoint, precision);
    const gains = precision === "int8" ? await readGains(checkpoint) : undefined;
    let project = own;
    if (adapter !== undefined && !isMerged) {
      project = lora(own, Weights.planned().at(ADAPTER), adapter.options);
      const kept = gains === undefined ? adapter.arrays : allInBasis(adapter.arrays, gains);
      for (const [name, array] of Object.entries(kept)) arrays[`${ADAPTER}.${name}`] = array;
    }
    const { config, tokens } = checkpoint;
    const session = await DecoderSession.open(config, arrays, { project, runtime, finalGain: gains?.[FINAL_GAIN] });
    return new LanguageModel(path, config, tokens, memory, text, table, session);
  }

  /** Whether it has a text tokenizer: without one it still reads token ids. */
  get hasTexts(): boolean {
    return this.text !== undefined;
  }

  /** Its text tokenizer and chat template; a checkpoint without one is an error that says so. */
  get texts(): ModelText {
    if (this.text !== undefined) return this.text;
    throw new DataError(
      `${this.path}: this model has no text tokenizer. Expected a tokenizer.json beside its weights.`,
      {
        code: "no-tokenizer",
        file: this.path,
        hint: "Put the model's tokenizer.json there, or give token ids.",
      },
    );
  }

  /** Vectors of token ids: [n] → [n, D]; an id outside the vocabulary is an error. */
  embed(ids: readonly number[]): Float32Array {
    const wrong = ids.find((id) => !Number.isInteger(id) || id < 0 || id >= this.table.count);
    if (wrong === undefined) return this.table.rows(ids);
    throw new DataError(
      `token ${wrong} is not in the vocabulary of ${this.path}: expected 0 to ${this.table.count - 1}.`,
      {
        code: "unknown-token",
        field: "tokens",
      },
    );
  }

  /** Continues several prompts at once; each step has a token for each row that goes on. Greedy unless told otherwise. */
  generate(prompts: readonly Prompt[], options: GenerateOptions): AsyncGenerator<GeneratedStep, void, undefined> {
    const vectors = this.#vectorsOf(prompts);
    return generate(this.session, vectors, (ids) => this.table.rows(ids), { stop: this.tokens.end, ...options });
  }

  /** Continues one text, piece by piece as characters become whole. */
  async *write(prompt: string | Prompt, options: GenerateOptions): AsyncGenerator<string, void, undefined> {
    const { tokenizer } = this.texts;
    const stream = new TextStream((ids) => tokenizer.textOf(ids));
    const given = typeof prompt === "string" ? tokenizer.tokens(prompt) : prompt;
    for await (const { tokens } of this.generate([given], options)) {
      const piece = stream.add(tokens.filter((token) => token !== undefined));
      if (piece !== "") yield piece;
    }
    const rest = stream.end();
    if (rest !== "") yield rest;
  }

  /** States of whole texts after the final norm, [T, D] each: what is read of them where nothing is written. */
  states(prompts: readonly Prompt[], options?: StatesOptions): Promise<Float32Array[]> {
    return statesOf(this.session, this.#vectorsOf(prompts), options);
  }

  /**
   * How likely each of these texts, as tokens, is to follow each prompt, if one of them does: log-probabilities [texts] a prompt. No
   * text may be the beginning of another.
   */
  likelihoods(
    prompts: readonly Prompt[],
    texts: readonly (readonly number[])[],
    options?: Pick<GenerateOptions, "prefix" | "signal">,
  ): Promise<Float64Array[]> {
    return likelihoodsOf(this.session, this.#vectorsOf(prompts), (ids) => this.table.rows(ids), texts, options);
  }

  /** Reads what texts begin with, for `states`, `generate` and `likelihoods` of what follows it. */
  async prefix(prompt: Prompt): Promise<KeyValueCache> {
    return (await readPrompts(this.session, this.#vectorsOf([prompt]), {})).cache;
  }

  /** How a text looks to the model: each token's surprise given those before it (the first has none), and its states. */
  async score(
    ids: readonly number[],
  ): Promise<{ surprises: Float64Array; hidden: Float32Array; logits: Float32Array }> {
    const { dim, vocabulary } = this.config;
    const vectors = this.embed(ids);
    const cache = this.session.cache(1);
    cache.reserve(ids.length);
    const surprises = new Float64Array(Math.max(0, ids.length - 1));
    const hidden = new Float32Array(vectors.length);
    let last: Float32Array = new Float32Array(0);
    for (let start = 0; start < ids.length; start += SCORED_AT_ONCE) {
      const size = Math.min(SCORED_AT_ONCE, ids.length - start);
      const x = vectors.slice(start * dim, (start + size) * dim);
      const read = await this.session.read(
        cache,
        { x },
        Array.from({ length: size }, (_, at) => at),
      );
      hidden.set(read.hidden, start * dim);
      for (let at = 0; at < size; at++) {
        const logits = read.logits.subarray(at * vocabulary, (at + 1) * vocabulary);
        if (start + at + 1 < ids.length) surprises[start + at] = surprise(logits, ids[start + at + 1]);
        else last = logits.slice();
      }
    }
    return { surprises, hidden, logits: last };
  }

  #vectorsOf(prompts: readonly Prompt[]): Float32Array[] {
    return prompts.map((prompt) => (prompt instanceof Float32Array ? prompt : this.embed(prompt)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.session[Symbol.asyncDispose]();
  }
}

/** The projections of a checkpoint at a precision. */
function projectFor(checkpoint: Checkpoint, precision: Precision): Project {
  const base = packed((address) => {
    return isPacked(checkpoint, address, precision) ? checkpoint.packingOf(address) : undefined;
  }, true);
  return rounded(base, (address) => isRounded(checkpoint, address, precision));
}

/** An adapter of another model is an error, not another answer. */
function requireFitting(checkpoint: Checkpoint, { arrays }: Adapter, directory: string): void {
  for (const [name, { shape }] of Object.entries(arrays)) {
    const weight = checkpoint.shapeOf(`${name.slice(0, -2)}.weight`);
    const fits = name.endsWith(".a") ? weight?.[1] === shape[1] : weight?.[0] === shape[0];
    if (fits) continue;
    throw new CheckpointError(
      `${directory}: ${name} [${shape.join(", ")}] does not fit ${checkpoint.path}, whose weight there is ${weight === undefined ? "missing" : `[${weight.join(", ")}]`}.`,
      {
        code: "weight-shape",
        file: directory,
        field: name,
        hint: "An adapter belongs to the model it was trained on.",
      },
    );
  }
}

/** The table that tokens are looked up in: what the head already holds, where they are one. */
async function tableOf(
  checkpoint: Checkpoint,
  precision: Precision,
  arrays: Readonly<Record<string, NdArray>>,
): Promise<EmbeddingTable> {
  const address = "embedding.weight";
  if (precision !== "float32" && isPackable(checkpoint, address)) {
    return EmbeddingTable.packed(await checkpoint.readPacked(address));
  }
  const held = arrays[address]?.data;
  const dense = held instanceof Float32Array ? { ...arrays[address], data: held } : await checkpoint.read(address);
  return EmbeddingTable.dense(dense);
}
