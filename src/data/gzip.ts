/**
 * Files that are compressed with gzip, told by their first bytes and not by their name. DuckDB reads them as they are, but
 * takes one that is cut off for an empty or a short one: what is hashed is the content, and hashing finds the damage.
 */
import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { pipeline } from "node:stream";
import { createGunzip } from "node:zlib";
import { DataError } from "#base";

const MAGIC = [0x1f, 0x8b];
const NEWLINE = 10;

/** How a file is packed, in DuckDB's words. */
export type Compression = "gzip" | "uncompressed";

/** How the file at `path` is packed. */
export async function compressionOf(path: string): Promise<Compression> {
  const file = await open(path);
  try {
    const { buffer } = await file.read(new Uint8Array(MAGIC.length), 0, MAGIC.length, 0);
    return MAGIC.every((byte, at) => buffer[at] === byte) ? "gzip" : "uncompressed";
  } finally {
    await file.close();
  }
}

/** The content of a file piece by piece, inflated if it is compressed; a damaged one ends in a `DataError`. */
export async function* contentOf(path: string): AsyncGenerator<Uint8Array> {
  const packed = createReadStream(path);
  if ((await compressionOf(path)) === "uncompressed") {
    yield* packed as AsyncIterable<Buffer>; // as: no encoding is set
    return;
  }
  let line = 1;
  try {
    // What goes wrong arrives through the iteration; the callback is only pipeline's way of being told so.
    const inflate = createGunzip();
    for await (const piece of pipeline(packed, inflate, () => {}) as AsyncIterable<Buffer>) {
      yield piece;
      for (const byte of piece) if (byte === NEWLINE) line++;
    }
    // Node passes over what follows the last member, DuckDB refuses it.
    if (inflate.bytesWritten < packed.bytesRead) throw new Error("what follows is not gzip");
  } catch (cause) {
    throw damaged(path, line, cause);
  }
}

function damaged(path: string, line: number, cause: unknown): DataError {
  const said = cause instanceof Error ? cause.message : String(cause);
  return new DataError(`${path} line ${line}: from here on it cannot be decompressed (gzip: ${said}).`, {
    code: "bad-gzip",
    file: path,
    line,
    hint: "The file is cut off or damaged: fetch it again.",
    cause,
  });
}
