/** A text vocabulary's vectors on the host: dense, or packed as the checkpoint has them and unpacked row by row. */
import type { NdArray, PackedMatrix } from "#tensor";

export class EmbeddingTable {
  private constructor(
    readonly dim: number,
    readonly count: number,
    private readonly fill: (id: number, into: Float32Array) => void,
  ) {}

  static dense({ shape: [count, dim], data }: NdArray<Float32Array>): EmbeddingTable {
    return new EmbeddingTable(dim, count, (id, into) => into.set(data.subarray(id * dim, (id + 1) * dim)));
  }

  static packed({ bits, codes, scales, minima }: PackedMatrix): EmbeddingTable {
    const [count, blocks, bytes] = codes.shape;
    const block = (bytes * 8) / bits;
    const [dim, centre] = [blocks * block, 2 ** (bits - 1)];
    return new EmbeddingTable(dim, count, (id, into) => {
      for (let d = 0; d < dim; d++) {
        const at = id * dim + d;
        const byte = codes.data[bits === 8 ? at : at >> 1];
        const code = bits === 8 ? byte : at % 2 === 0 ? byte & 15 : byte >> 4;
        const of = Math.floor(at / block);
        into[d] = scales.data[of] * (code - centre) + (minima?.data[of] ?? 0);
      }
    });
  }

  /** ids [n] → [n, D] */
  rows(ids: readonly number[]): Float32Array {
    const rows = new Float32Array(ids.length * this.dim);
    ids.forEach((id, at) => {
      this.fill(id, rows.subarray(at * this.dim, (at + 1) * this.dim));
    });
    return rows;
  }
}
