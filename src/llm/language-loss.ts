/**
 * The loss of next tokens, where labels are:  L = mean over labelled positions of -log softmax(E h_{t-1})[label_t]
 * Source: the causal language-model loss as Hugging Face's trainers compute it: labels stand at their own position, the state
 * before predicts them, -100 counts nothing. States without a label never meet the vocabulary, those with one do in chunks.
 */
import { type Arrays, float32, int32, type Tensor } from "#tensor";

/** A position without a label. */
export const UNLABELLED = -100;

/** Which states predict something: rows of [B·T], what they predict, and the weight 1 / count of each. */
export interface Labelled<T> {
  readonly rows: T; // [P] int32
  readonly targets: T; // [P] int32
  readonly weights: T; // [P]
}

/**
 * The labelled positions of labels [B, T], filled up to a multiple of `multiple` with rows that weigh nothing, so that few
 * sizes are compiled.
 */
export function labelledRows(labels: readonly (readonly number[])[], multiple = 1): Labelled<Arrays[string]> {
  const [rows, targets]: [number[], number[]] = [[], []];
  labels.forEach((row, at) => {
    for (let t = 1; t < row.length; t++) {
      if (row[t] === UNLABELLED) continue;
      rows.push(at * row.length + t - 1);
      targets.push(row[t]);
    }
  });
  const [count, size] = [rows.length, Math.max(1, Math.ceil(rows.length / multiple)) * multiple];
  const filled = (values: readonly number[]) =>
    int32(
      Int32Array.from({ length: size }, (_, at) => values[at] ?? 0),
      [size],
    );
  const weights = Float32Array.from({ length: size }, (_, at) => (at < count ? 1 / count : 0));
  return { rows: filled(rows), targets: filled(targets), weights: float32(weights, [size]) };
}

/** How the vocabulary is met. */
export interface LossOptions {
  /** Rows of logits that exist at once. */
  readonly chunk?: number;
  /** The head learns nothing. */
  readonly frozen?: boolean;
}

/** The loss of states [B, T, D] against a dense head [V, D]. */
export function languageLoss(
  hidden: Tensor,
  table: Tensor,
  labelled: Labelled<Tensor>,
  { chunk = 128, frozen = false }: LossOptions = {},
): Tensor {
  const [batch, length, dim] = hidden.shape;
  if (typeof batch !== "number" || typeof length !== "number")
    throw new Error("internal: a loss needs sizes as numbers");
  const states = hidden.reshape([batch * length, dim]).gather(labelled.rows); // [P, D]
  return states.linearCrossEntropy(table, labelled.targets, labelled.weights, chunk, frozen);
}
