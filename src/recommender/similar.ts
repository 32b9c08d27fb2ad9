/** Items like an item: cosine of item vectors, over the whole catalogue, exact. */
import { selectTop } from "#retrieval";
import type { ItemVectors } from "./contract.ts";
import type { Recommended } from "./rank.ts";
import { requireItems, requireTopK } from "./requirements.ts";

/** The topK items whose vectors point most nearly where item `index`'s does, itself left out; scores are cosines. */
export function similar({ data, dim }: ItemVectors, index: number, topK: number): Recommended[] {
  const rows = data.length / dim;
  requireTopK(topK, rows - 1);
  requireItems("item", [index], rows - 1);
  const cosines = new Float32Array(rows).fill(-Infinity); // row 0 is padding
  const own = norm(data, index, dim);
  for (let row = 1; row < rows; row++) {
    if (row === index) continue;
    let product = 0;
    for (let at = 0; at < dim; at++) product += data[index * dim + at] * data[row * dim + at];
    const scale = own * norm(data, row, dim);
    cosines[row] = scale === 0 ? 0 : product / scale; // a zero vector is like nothing
  }
  const best = selectTop(cosines, topK);
  return Array.from(best.indices, (row, at) => ({ index: row, score: best.scores[at] }));
}

function norm(data: Float32Array, row: number, dim: number): number {
  let squares = 0;
  for (let at = row * dim; at < (row + 1) * dim; at++) squares += data[at] * data[at];
  return Math.sqrt(squares);
}
