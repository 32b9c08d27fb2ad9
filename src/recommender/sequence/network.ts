/**
 * A network that reads a history item by item: a model's own reader between one table of item vectors and its scores.
 *   h = read(X[i_1], …, X[i_T]),   s_i = scale · ⟨h_T, X_i⟩
 * With `scoring: cosine` item vectors have unit length and the scale is learned; it starts at 1 / 0.07 for a state of
 * length √D, which normalisation gives.
 */
import { bce, bprMax, chunkedCrossEntropy, Embedding, filled, sampledSoftmax, top1, type Weights } from "#nn";
import type { TracedKey } from "#random";
import { constant, int32, mergeDims, type Tensor } from "#tensor";
import type { Losses } from "../contract.ts";
import type { SequenceOptions } from "./options.ts";

/** What is a model's own. */
export interface Reader {
  /** Item vectors [B, T, D] at positions [T] → states [B, T, D]: position t has read items 0..t. */
  read(vectors: Tensor, positions: Tensor, key?: TracedKey): Tensor;
}

/** A step's arrays as they are traced. */
export interface TracedBatch {
  readonly items: Tensor;
  readonly targets: Tensor;
  readonly negatives?: Tensor;
  readonly logQ?: Tensor;
}

export class SequenceNetwork {
  readonly #items: Embedding; // [N + 1, D], row 0 padding
  readonly #reader: Reader;
  readonly #logScale: Tensor | undefined; // []

  constructor(
    weights: Weights,
    private readonly options: SequenceOptions,
    private readonly catalogueSize: number,
    makeReader: (weights: Weights) => Reader,
  ) {
    this.#items = new Embedding(weights.at("items"), catalogueSize + 1, options.dim);
    this.#reader = makeReader(weights);
    const start = filled(Math.log(1 / 0.07));
    this.#logScale = options.scoring === "cosine" ? weights.tensor("logScale", [], start) : undefined;
  }

  /** items [B, T] → states [B, T, D]: position t has read items 0..t. */
  states(items: Tensor, positions: Tensor, key?: TracedKey): Tensor {
    return this.#reader.read(this.#vectors(items), positions, key);
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
    const { loss, regularisation = 0 } = this.options;
    if (negatives === undefined) {
      const table = this.table().slice(0, 1); // padding is no item: row k is item k + 1
      return chunkedCrossEntropy(states, table, targets.sub(1).maximum(0), { mask: present });
    }
    const positive = states.mul(this.#vectors(targets)).sum(-1); // [B, T]
    const others = this.#vectors(negatives);
    if (loss === "bce") return bce(positive, states.mul(others).sum(-1), present);
    const contrast = states.matmul(others, { transposeB: true }); // [B, T, K]
    const scores = { positive, negatives: contrast, targets, sampled: negatives };
    if (loss === "bpr-max") return bprMax(scores, regularisation, present);
    if (loss === "top1") return top1(scores, present);
    return sampledSoftmax({ ...scores, logQ: logQ ?? -Math.log(this.catalogueSize) }, present); // or uniform
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
