/**
 * A pretrained decoder that others train through: its own weights are read, fed to every step as they are, and learn nothing;
 * gradients pass through them into adapters and into the vectors that it reads.
 * float32: dense weights. packed: the layers' projections stay in the 4 or 8 bits that the checkpoint has them in, or are held
 * in 8; nothing that is read is rounded, all sums are float32, gradients are exact. int8: those projections are rounded to 8
 * bits and so is what they meet, on the way back too (`roundedAffine`): the fastest. Embeddings and head are dense.
 * Source: QLoRA (arXiv 2305.14314), section 3. Differs: the checkpoint's own blocks instead of NF4.
 * @example
 * const model = await FrozenModel.load("models/SmolLM2-135M-Instruct", { precision: "packed" });
 * const { decoder, head } = model.traced(weights.at("adapter"), { rank: 16, alpha: 32, dropout: 0.05, on: onProjections(["q_proj"]) });
 * // in a stage: frozen: () => model.arrays, and in its loss decoder.hidden(x) or decoder.masked(x, mask, positions)
 */
import { Weights } from "#nn";
import type { Arrays, NdArray, Tensor } from "#tensor";
import { type Held, isPackable, isRounded, type LoadProgress, loadWeights, type Precision } from "./checkpoint/load.ts";
import { openCheckpoint } from "./checkpoint/open.ts";
import type { DecoderConfig, SpecialTokens } from "./config.ts";
import { Decoder } from "./decoder.ts";
import { EmbeddingTable } from "./embedding-table.ts";
import { type LoraOptions, lora } from "./lora/lora.ts";
import { type Project, packed } from "./projection.ts";
import { rounded, turnsAll } from "./rounded.ts";

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
    private readonly base: Project,
    private readonly table: EmbeddingTable,
  ) {}

  /** Reads a directory or a GGUF file. */
  static async load(path: string, { precision = "float32", progress }: FrozenOptions = {}): Promise<FrozenModel> {
    await using checkpoint = await openCheckpoint(path);
    const { config, tokens } = checkpoint;
    const heldAs = (address: string): Held => {
      if (!address.startsWith("layers.")) return "dense";
      if (isRounded(checkpoint, address, precision)) return "rounded";
      return precision === "packed" && isPackable(checkpoint, address) ? "packed" : "dense";
    };
    const arrays = await loadWeights(checkpoint, heldAs, progress);
    const packing = (address: string) => (heldAs(address) === "packed" ? checkpoint.packingOf(address) : undefined);
    const project = rounded(packed(packing, false), (address) => heldAs(address) === "rounded", turnsAll);
    const { "embedding.weight": embedding, ...others } = arrays;
    // as: embeddings are dense here, and dense weights are float32
    const table = EmbeddingTable.dense(embedding as NdArray<Float32Array>);
    return new FrozenModel(config, tokens, config.tied ? arrays : others, project, table);
  }

  /** A decoder over these weights; with adapters, which alone are trained, where weights for them are given. */
  traced(adapters?: Weights, options?: LoraOptions): TracedModel {
    const planned = Weights.planned();
    const project = adapters === undefined || options === undefined ? this.base : lora(this.base, adapters, options);
    const decoder = new Decoder(planned, this.config, { project, embeds: false });
    return { decoder, head: planned.parameters[this.config.tied ? "embedding.weight" : "head.weight"] };
  }

  /** Vectors of token ids: [n] → [n, D]. */
  embed(ids: readonly number[]): Float32Array {
    return this.table.rows(ids);
  }
}
