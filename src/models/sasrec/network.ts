/** SASRec's network: item vectors, positions, blocks, and what each loss makes of the states. */
import {
  bce,
  causalMaskOf,
  crossEntropy,
  dropout,
  Embedding,
  filled,
  LayerNorm,
  sampledSoftmax,
  TransformerBlock,
  type Weights,
} from "#nn";
import type { TracedKey } from "#random";
import type { Losses } from "#recommender";
import { constant, int32, mergeDims, type Tensor } from "#tensor";
import type { SasRecConfig } from "./config.ts";

/** A step's arrays as they are traced. */
export interface TracedBatch {
  readonly items: Tensor;
  readonly targets: Tensor;
  readonly negatives?: Tensor;
  readonly logQ?: Tensor;
}

export class SasRecNetwork {
  readonly #items: Embedding; // [N + 1, D], row 0 padding
  readonly #positions: Embedding; // [T, D]
  readonly #blocks: readonly TransformerBlock[];
  readonly #norm: LayerNorm;
  readonly #logScale: Tensor | undefined; // []

  constructor(
    weights: Weights,
    private readonly options: SasRecConfig,
    private readonly catalogueSize: number,
  ) {
    const { dim, blocks, heads, hidden, dropout: rate, maxLength, scoring } = options;
    this.#items = new Embedding(weights.at("items"), catalogueSize + 1, dim);
    this.#positions = new Embedding(weights.at("positions"), maxLength, dim);
    const block = { heads, hidden, dropout: rate, activation: (x: Tensor) => x.relu() };
    this.#blocks = Array.from(
      { length: blocks },
      (_, at) => new TransformerBlock(weights.at("blocks").at(at), dim, block),
    );
    this.#norm = new LayerNorm(weights.at("norm"), dim);
    this.#logScale = scoring === "cosine" ? weights.tensor("logScale", [], filled(Math.log(1 / 0.07))) : undefined;
  }

  /** items [B, T] → states [B, T, D]: position t has read items 0..t. */
  states(items: Tensor, positions: Tensor, key?: TracedKey): Tensor {
    const { dim, dropout: rate } = this.options;
    const embedded = this.#vectors(items).mul(Math.sqrt(dim)).add(this.#positions.forward(positions));
    let x = dropout(embedded, rate, key?.fold("embedded"));
    const mask = causalMaskOf(positions);
    this.#blocks.forEach((block, at) => {
      x = block.forward(x, mask, key?.fold("block").fold(at));
    });
    return this.#norm.forward(x);
  }

  /** The training loss over all positions that have a target. */
  loss({ items, targets, negatives, logQ }: TracedBatch, key: TracedKey): Losses {
    const length = Number(items.shape[1]);
    const positions = constant(
      int32(
        Int32Array.from({ length }, (_, at) => at),
        [length],
      ),
    );
    const states = this.#scaled(this.states(items, positions, key));
    const present = targets.greater(0); // [B, T]
    return { total: this.#objective(states, targets, present, negatives, logQ) };
  }

  /** The newest position's state of each row, scaled for scoring: [B, D]. `last` [B] indexes the flattened positions. */
  query(items: Tensor, positions: Tensor, last: Tensor): Tensor {
    const states = this.states(items, positions);
    return this.#scaled(states.reshape([mergeDims(items.shape), this.options.dim]).gather(last));
  }

  /** The vectors that states are compared with: all items' [N + 1, D]. */
  table(): Tensor {
    return this.options.scoring === "cosine" ? unit(this.#items.weight) : this.#items.weight;
  }

  /** States [..., D] times the learned scale: their inner product with `table` is the score. */
  #scaled(states: Tensor): Tensor {
    return this.#logScale === undefined ? states : states.mul(this.#logScale.exp().div(Math.sqrt(this.options.dim)));
  }

  #objective(states: Tensor, targets: Tensor, present: Tensor, negatives?: Tensor, logQ?: Tensor): Tensor {
    if (negatives === undefined) {
      const table = this.table().slice(0, 1); // padding is no item: row k is item k + 1
      const wanted = targets.sub(1).maximum(0);
      return crossEntropy(states.matmul(table, { transposeB: true }), wanted, present);
    }
    const positive = states.mul(this.#vectors(targets)).sum(-1); // [B, T]
    const others = this.#vectors(negatives);
    if (negatives.rank === 2) return bce(positive, states.mul(others).sum(-1), present);
    const contrast = states.matmul(others, { transposeB: true }); // [B, T, K]
    const correction = logQ ?? -Math.log(this.catalogueSize); // uniform
    return sampledSoftmax({ positive, negatives: contrast, targets, sampled: negatives, logQ: correction }, present);
  }

  #vectors(items: Tensor): Tensor {
    const vectors = this.#items.forward(items);
    return this.options.scoring === "cosine" ? unit(vectors) : vectors;
  }
}

/** Vectors of length 1 along the last axis; the padding row stays finite. */
function unit(x: Tensor): Tensor {
  return x.div(x.mul(x).sum(-1, { keepDims: true }).add(1e-12).sqrt());
}
