/** How codes are used: dead codes are lost bottleneck, and items with the same codes cannot be told apart. */

export interface CodeUsage {
  /** Share of each codebook's codes that some item has, [K]. */
  readonly used: readonly number[];
  /** 2 to the entropy of each codebook's codes: how many there would be if all were used alike, [K]. */
  readonly perplexity: readonly number[];
  /** Share of items whose codes another item has too. */
  readonly collisions: number;
}

/** Codes [n, K] out of codebooks of `size` codes. */
export function codeUsage(codes: Int32Array, ways: number, size: number): CodeUsage {
  const rows = codes.length / ways;
  const counts = Array.from({ length: ways }, () => new Int32Array(size));
  const together = new Map<string, number>();
  for (let row = 0; row < rows; row++) {
    const own = codes.subarray(row * ways, (row + 1) * ways);
    own.forEach((code, way) => {
      counts[way][code]++;
    });
    together.set(own.join(), (together.get(own.join()) ?? 0) + 1);
  }
  const shared = [...together.values()].filter((count) => count > 1).reduce((sum, count) => sum + count, 0);
  return {
    used: counts.map((own) => own.filter((count) => count > 0).length / size),
    perplexity: counts.map((own) => 2 ** entropy(own, rows)),
    collisions: rows === 0 ? 0 : shared / rows,
  };
}

function entropy(counts: Int32Array, total: number): number {
  return counts.reduce((sum, count) => (count === 0 ? sum : sum - (count / total) * Math.log2(count / total)), 0);
}
