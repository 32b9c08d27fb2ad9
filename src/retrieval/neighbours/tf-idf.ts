/**
 * Items whose texts share rare terms.
 *   w_it = (1 + ln tf_it) · (1 + ln((1 + N) / (1 + df_t))), rows of length 1;    sim(i, j) = Σ_t w_it · w_jt, the topK of each i
 * Source: Salton & Buckley, Term-weighting approaches in automatic text retrieval (1988), with the smoothed idf that is usual now.
 * Which terms (words, pairs of words, leading words) is the caller's: text/words.ts.
 * Exact, over an inverted index: a row costs the items that share a term with it, and memory is the result and one row.
 */
import { SparseMatrix } from "#tensor";
import { RowSum } from "../row-sum.ts";
import { NeighbourRows } from "./neighbour-rows.ts";

export interface TfIdfOptions {
  /** Terms that fewer texts have are left out. */
  readonly minDocuments: number;
}

/** Weighted terms of every document, rows of length 1: [documents, terms]. A document without terms is an empty row. */
export function tfIdfVectors(documents: readonly (readonly string[])[], { minDocuments }: TfIdfOptions): SparseMatrix {
  const counts = documents.map(countTerms);
  const documentsOf = new Map<string, number>();
  for (const terms of counts) for (const term of terms.keys()) documentsOf.set(term, (documentsOf.get(term) ?? 0) + 1);

  const columnOf = new Map<string, number>();
  const rarity: number[] = [];
  for (const [term, count] of documentsOf) {
    if (count < minDocuments) continue;
    columnOf.set(term, columnOf.size);
    rarity.push(1 + Math.log((1 + documents.length) / (1 + count)));
  }
  const starts = new Int32Array(documents.length + 1);
  const columns: number[] = [];
  const values: number[] = [];
  counts.forEach((terms, row) => {
    const first = values.length;
    let square = 0;
    for (const [term, count] of terms) {
      const column = columnOf.get(term);
      if (column === undefined) continue;
      const weight = (1 + Math.log(count)) * rarity[column];
      columns.push(column);
      values.push(weight);
      square += weight * weight;
    }
    for (let at = first; at < values.length; at++) values[at] /= Math.sqrt(square);
    starts[row + 1] = values.length;
  });
  return new SparseMatrix(documents.length, columnOf.size, starts, Int32Array.from(columns), Float32Array.from(values));
}

/** The topK rows of greatest inner product (above 0) with each row, itself left out: [rows, rows]. */
export function sparseNeighbours(vectors: SparseMatrix, topK: number): SparseMatrix {
  const { rows, starts, columns, values } = vectors;
  const index = vectors.transposed();
  const similar = new RowSum(rows);
  const found = new NeighbourRows(rows, topK);
  for (let row = 0; row < rows; row++) {
    similar.clear();
    for (let at = starts[row]; at < starts[row + 1]; at++) {
      const weight = values[at];
      const last = index.starts[columns[at] + 1];
      for (let entry = index.starts[columns[at]]; entry < last; entry++) {
        similar.add(index.columns[entry], weight * index.values[entry]);
      }
    }
    found.push(similar, row);
  }
  return found.matrix();
}

function countTerms(terms: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const term of terms) counts.set(term, (counts.get(term) ?? 0) + 1);
  return counts;
}
