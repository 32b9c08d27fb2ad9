/** GRU4Rec's network: a recurrent unit between the item vectors and their scores. */
import { dropout, Gru, LayerNorm, Linear, type Weights } from "#nn";
import type { TracedKey } from "#random";
import { type Reader, SequenceNetwork } from "#recommender";
import type { Tensor } from "#tensor";
import type { Gru4RecConfig } from "./config.ts";

/** The network over weights that are drawn or read. */
export function gru4recNetwork(weights: Weights, options: Gru4RecConfig, catalogueSize: number): SequenceNetwork {
  return new SequenceNetwork(weights, options, catalogueSize, (own) => new RecurrentReader(own, options));
}

class RecurrentReader implements Reader {
  readonly #gru: Gru;
  readonly #output: Linear; // H → D
  readonly #norm: LayerNorm;

  constructor(
    weights: Weights,
    private readonly options: Gru4RecConfig,
  ) {
    const { dim, hidden } = options;
    this.#gru = new Gru(weights.at("gru"), dim, hidden);
    this.#output = new Linear(weights.at("output"), hidden, dim);
    this.#norm = new LayerNorm(weights.at("norm"), dim);
  }

  read(vectors: Tensor, _positions: Tensor, key?: TracedKey): Tensor {
    const { dim, dropout: rate } = this.options;
    const embedded = dropout(vectors.mul(Math.sqrt(dim)), rate, key?.fold("embedded"));
    const states = dropout(this.#gru.forward(embedded), rate, key?.fold("states")); // [B, T, H]
    return this.#norm.forward(this.#output.forward(states));
  }
}
