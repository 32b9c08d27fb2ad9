/** A checkpoint on disk, whatever its format: its configuration, and its weights by our addresses, one at a time. */
import type { NdArray, PackedMatrix } from "#tensor";
import type { DecoderConfig, SpecialTokens } from "../config.ts";
import type { Packing } from "../projection.ts";

export interface Checkpoint extends AsyncDisposable {
  /** The file or directory, as errors name it. */
  readonly path: string;
  /** Files that hold weights. */
  readonly files: readonly string[];
  readonly config: DecoderConfig;
  readonly tokens: SpecialTokens;
  /** How the checkpoint's own files call an address. */
  nameOf(address: string): string;
  /** The shape of what stands at an address; undefined where nothing does. */
  shapeOf(address: string): readonly number[] | undefined;
  read(address: string): Promise<NdArray<Float32Array>>;
  /** How a matrix is packed when it is read packed. */
  packingOf(address: string): Packing;
  /** The matrix in few bits: as the file has it, or rounded to 8 where the file has more or others. */
  readPacked(address: string): Promise<PackedMatrix>;
}
