/**
 * Item vectors of a factor model, and how a history becomes a user's vector among them.
 *   u(h) = Σ_i w_i F_i / √(Σ_i w_i) over the distinct items i of h,  w_i = decay^(items taken after i)
 * F are rows that the model says a user is made of (LightGCN: what an item hands to its users; factors: see there), so that
 * whoever was never seen in training is read like everyone else. A history of unknown items is read as the average user.
 * For models that learn from these vectors they are standardised by the mean and deviation of trained items.
 */
import { savedFloat32 } from "#retrieval";
import { type Arrays, float32 } from "#tensor";

/** What a factor model leaves for those who use its vectors. */
export interface ItemSpace {
  readonly dim: number;
  /** Item vectors E_i by catalogue index, row 0 padding; 0 for items without training interactions: [N + 1, D]. */
  readonly items: Float32Array;
  /** Rows F_i that users are summed up from: [N + 1, D]. */
  readonly parts: Float32Array;
  /** Of training users: [D]. */
  readonly average: Float32Array;
  /** Mean and deviation of trained items' vectors: [D]. */
  readonly mean: Float32Array;
  readonly deviation: Float32Array;
}

/** The space as arrays of an artifact. */
export function spaceToArrays({ dim, items, parts, average, mean, deviation }: ItemSpace): Arrays {
  const rows = items.length / dim;
  return {
    items: float32(items, [rows, dim]),
    parts: float32(parts, [rows, dim]),
    average: float32(average, [dim]),
    mean: float32(mean, [dim]),
    deviation: float32(deviation, [dim]),
  };
}

/** The space out of an artifact; what is missing is a `CheckpointError` that names `owner`. */
export function spaceFromArrays(arrays: Arrays | undefined, catalogueSize: number, owner: string): ItemSpace {
  const average = savedFloat32(arrays, "average", owner);
  const dim = average.length;
  const table = (name: string) => savedFloat32(arrays, name, owner, (catalogueSize + 1) * dim);
  const row = (name: string) => savedFloat32(arrays, name, owner, dim);
  return { dim, items: table("items"), parts: table("parts"), average, mean: row("mean"), deviation: row("deviation") };
}

/** Mean and deviation of the vectors of items for which `counts` is above 0, by dimension. */
export function moments(items: Float32Array, dim: number, counts: ArrayLike<number>) {
  const mean = new Float64Array(dim);
  const square = new Float64Array(dim);
  let trained = 0;
  for (let item = 1; item < counts.length; item++) {
    if (counts[item] === 0) continue;
    trained++;
    for (let d = 0; d < dim; d++) {
      mean[d] += items[item * dim + d];
      square[d] += items[item * dim + d] ** 2;
    }
  }
  const most = Math.max(1, trained);
  return {
    mean: Float32Array.from(mean, (sum) => sum / most),
    deviation: Float32Array.from(square, (sum, d) => Math.sqrt(Math.max(0, sum / most - (mean[d] / most) ** 2))),
  };
}

/** The mean of the first `rows` rows. */
export function averageRow(table: Float32Array, rows: number, dim: number): Float32Array {
  const sums = new Float64Array(dim);
  for (let at = 0; at < rows * dim; at++) sums[at % dim] += table[at];
  return Float32Array.from(sums, (sum) => sum / Math.max(1, rows));
}

/**
 * (E - mean) / deviation, the vectors that tokenizers and diffusion read: [N + 1, D]. Padding and items without training
 * interactions are 0, the average item; so is a dimension that does not vary.
 */
export function standardised({
  items,
  dim,
  mean,
  deviation,
}: Pick<ItemSpace, "items" | "dim" | "mean" | "deviation">): Float32Array {
  return items.map((value, at) => {
    const d = at % dim;
    const row = at - d;
    if (deviation[d] === 0 || isZero(items, row, row + dim)) return 0;
    return (value - mean[d]) / deviation[d];
  });
}

/** The vector of a history: [D]. */
export function historyVector({ dim, parts, average }: ItemSpace, history: Int32Array, decay: number): Float32Array {
  const seen = new Set<number>();
  const vector = new Float32Array(dim);
  let total = 0;
  for (let at = history.length - 1; at >= 0; at--) {
    const item = history[at];
    if (seen.has(item)) continue;
    const weight = decay ** seen.size;
    seen.add(item);
    total += weight;
    for (let d = 0; d < dim; d++) vector[d] += weight * parts[item * dim + d];
  }
  if (isZero(vector, 0, dim)) return average.slice();
  return vector.map((value) => value / Math.sqrt(total));
}

function isZero(data: Float32Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (data[at] !== 0) return false;
  return true;
}
