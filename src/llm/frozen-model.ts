/**
 * A pretrained decoder that others train through: its own weights are read, fed to every step as they are, and learn nothing;
 * gradients pass through them, exact, into adapters and into the vectors that it reads.
 * float32: dense weights. packed and int8: the layers' projections stay in the 4 or 8 bits that the checkpoint has them in, or
 * are held in 8; embeddings and head are dense.
 * Source: QLoRA (arXiv 2305.14314), section 3. Differs: the checkpoint's own blocks instead of NF4; nothing that is read is
 * rounded, all sums are float32.
 * @example
 * const model = await FrozenModel.load("models/SmolLM2-135M-Instruct", { precision: "packed" });
 * const { decoder, head } = model.traced(weights.at("adapter"), { rank: 16, alpha: 32, dropout: 0.05, on: onProjections(["q_proj"]) });
 * // in a stage: frozen: () => model.arrays, and in its loss decoder.hidden(x) or decoder.masked(x, mask, positions)
 */
import { Weights } from "#nn";
import type { Arrays, NdArray, Tensor } from "#tensor";
import { isPackable, type LoadProgress, loadWeights, type Precision } from "./checkpoint/load.ts";
import { openCheckpoint } from "./checkpoint/open.ts";
import type { DecoderConfig, SpecialTokens } from "./config.ts";
import { Decoder } from "./decoder.ts";
import { EmbeddingTable } from "./embedding-table.ts";
import { type LoraOptions, lora } from "./lora/lora.ts";
import { dense, type Packing, packed } from "./projection.ts";

export interface FrozenOptions {
  readonly precision?: Precision;
  readonly progress?: LoadProgress;
}

/** A decoder as a network meets it, and its head's table [V, D]. */
export interface TracedModel {
  readonly decoder: Decoder;
  readonly head: Tensor;
}

export class FrozenModel {
  private constructor(
    readonly config: DecoderConfig,
    readonly tokens: SpecialTokens,
    /** Its weights by address: what a training step is fed beside what it trains. */
    readonly arrays: Arrays,
    private readonly packings: ReadonlyMap<string, Packing>,
    private readonly table: EmbeddingTable,
  ) {}

  /** Reads a directory or a GGUF file. */
  static async load(path: string, { precision = "float32", progress }: FrozenOptions = {}): Promise<FrozenModel> {
    await using checkpoint = await openCheckpoint(path);
    const { config, tokens } = checkpoint;
    const stays = (address: string) => {
      return precision !== "float32" && address.startsWith("layers.") && isPackable(checkpoint, address);
    };
    const arrays = await loadWeights(checkpoint, stays, progress);
    const packings = new Map<string, Packing>();
    for (const name of Object.keys(arrays)) {
      if (!name.endsWith(".codes")) continue;
      const address = name.replace(/codes$/, "weight");
      packings.set(address, checkpoint.packingOf(address));
    }
    const { "embedding.weight": embedding, ...others } = arrays;
    // as: embeddings are dense here, and dense weights are float32
    const table = EmbeddingTable.dense(embedding as NdArray<Float32Array>);
    return new FrozenModel(config, tokens, config.tied ? arrays : others, packings, table);
  }

  /** A decoder over these weights; with adapters, which alone are trained, where weights for them are given. */
  traced(adapters?: Weights, options?: LoraOptions): TracedModel {
    const planned = Weights.planned();
    const base = this.packings.size === 0 ? dense : packed((address) => this.packings.get(address), false);
    const project = adapters === undefined || options === undefined ? base : lora(base, adapters, options);
    const decoder = new Decoder(planned, this.config, { project, embeds: false });
    return { decoder, head: planned.parameters[this.config.tied ? "embedding.weight" : "head.weight"] };
  }

  /** Vectors of token ids: [n] → [n, D]. */
  embed(ids: readonly number[]): Float32Array {
    return this.table.rows(ids);
  }
}
