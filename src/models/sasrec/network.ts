/** SASRec's network: learned positions and causal blocks between the item vectors and their scores. */
import { causalMaskOf, dropout, Embedding, LayerNorm, TransformerBlock, type Weights } from "#nn";
import type { TracedKey } from "#random";
import { type Reader, SequenceNetwork } from "#recommender";
import type { Tensor } from "#tensor";
import type { SasRecConfig } from "./config.ts";

/** The network over weights that are drawn or read. */
export function sasRecNetwork(weights: Weights, options: SasRecConfig, catalogueSize: number): SequenceNetwork {
  return new SequenceNetwork(weights, options, catalogueSize, (own) => new CausalTransformer(own, options));
}

class CausalTransformer implements Reader {
  readonly #positions: Embedding; // [T, D]
  readonly #blocks: readonly TransformerBlock[];
  readonly #norm: LayerNorm;

  constructor(
    weights: Weights,
    private readonly options: SasRecConfig,
  ) {
    const { dim, blocks, heads, hidden, dropout: rate, maxLength } = options;
    this.#positions = new Embedding(weights.at("positions"), maxLength, dim);
    const block = { heads, hidden, dropout: rate, activation: (x: Tensor) => x.relu() };
    this.#blocks = Array.from(
      { length: blocks },
      (_, at) => new TransformerBlock(weights.at("blocks").at(at), dim, block),
    );
    this.#norm = new LayerNorm(weights.at("norm"), dim);
  }

  read(vectors: Tensor, positions: Tensor, key?: TracedKey): Tensor {
    const { dim, dropout: rate } = this.options;
    const embedded = vectors.mul(Math.sqrt(dim)).add(this.#positions.forward(positions));
    let x = dropout(embedded, rate, key?.fold("embedded"));
    const mask = causalMaskOf(positions);
    this.#blocks.forEach((block, at) => {
      x = block.forward(x, mask, key?.fold("block").fold(at));
    });
    return this.#norm.forward(x);
  }
}
