/** Bytes out of a file by their place. */
import { type FileHandle, open } from "node:fs/promises";
import { CheckpointError } from "#base";

/** One read call moves at most 2 GiB. */
const LONGEST_READ = 1 << 30;

/** Fills `bytes` from `position` on; returns how many there were before the file ended. */
export async function fillFrom(file: FileHandle, bytes: Uint8Array, position: number): Promise<number> {
  let done = 0;
  while (done < bytes.length) {
    const length = Math.min(LONGEST_READ, bytes.length - done);
    const { bytesRead } = await file.read(bytes, done, length, position + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return done;
}

/** Opens a file of weights for reading; what cannot be opened is a `CheckpointError`. */
export async function openWeights(path: string): Promise<FileHandle> {
  return open(path, "r").catch((cause: unknown) => {
    const missing = cause instanceof Error && "code" in cause && cause.code === "ENOENT";
    const what = missing ? "there is no such file" : `it cannot be opened (${String(cause)})`;
    throw new CheckpointError(`${path}: ${what}. Look at the path, or make the file again.`, {
      code: missing ? "missing-file" : "unreadable-file",
      file: path,
      cause,
    });
  });
}
