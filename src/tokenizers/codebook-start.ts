/** Codebooks that start where latents are: arrays by the addresses at which quantising tokenizers keep them. */
import { fillNormal, type Key } from "#random";
import { type Arrays, float32 } from "#tensor";

/** Centres [≤ C, W] of each book → codebooks [C, W] by address. Codes beyond the centres are drawn at about length 1. */
export function codebookStart(centres: readonly Float64Array[], codes: number, width: number, key: Key): Arrays {
  const entries = centres.map((own, way) => {
    const book = new Float32Array(codes * width);
    fillNormal(key.fold("spare").fold(way), book, 1 / Math.sqrt(width));
    book.set(own);
    return [`codebooks.${way}.weight`, float32(book, [codes, width])] as const;
  });
  return Object.fromEntries(entries);
}

/** Latents [B, K, W] → K of [B, W] */
export function waysOf(latents: Float32Array, ways: number, width: number): Float32Array[] {
  const rows = latents.length / (ways * width);
  return Array.from({ length: ways }, (_, way) => {
    const own = new Float32Array(rows * width);
    for (let row = 0; row < rows; row++) {
      const from = (row * ways + way) * width;
      own.set(latents.subarray(from, from + width), row * width);
    }
    return own;
  });
}
