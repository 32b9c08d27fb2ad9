/** Files that are never half-written: everything is written beside its place, flushed, and renamed into it. */
import { randomBytes } from "node:crypto";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { DataError } from "./errors.ts";

/** A path beside `path` that nothing else uses, for writing what will be renamed to it. */
export function beside(path: string): string {
  return join(dirname(path), `.${basename(path)}.${process.pid}.${randomBytes(4).toString("hex")}.part`);
}

/** Replaces `path` by `content` in one step; on failure `path` is as it was and nothing is left beside it. */
export async function writeWhole(path: string, content: string | Uint8Array | Iterable<Uint8Array>): Promise<void> {
  await replaceFile(path, async (part) => {
    const file = await open(part, "wx");
    try {
      const pieces = typeof content === "string" || content instanceof Uint8Array ? [content] : content;
      for (const piece of pieces) await file.writeFile(piece);
      await file.sync();
    } finally {
      await file.close();
    }
  });
}

/** Lets `write` fill a file (or folder) beside `path` and renames it to `path` when it is whole. */
export async function replaceFile(path: string, write: (part: string) => Promise<void>): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const part = beside(path);
  try {
    await write(part);
    await rename(part, path);
  } catch (cause) {
    await rm(part, { recursive: true, force: true });
    if (isFullDisk(cause)) {
      throw new DataError(`${path}: the disk is full, nothing was changed. Free some space and try again.`, {
        code: "disk-full",
        file: path,
        cause,
      });
    }
    throw cause;
  }
}

function isFullDisk(cause: unknown): boolean {
  return cause instanceof Error && "code" in cause && (cause.code === "ENOSPC" || cause.code === "EDQUOT");
}

/** `JSON.stringify` for files that people read. */
export async function writeJson(path: string, value: unknown): Promise<void> {
  await writeWhole(path, `${JSON.stringify(value, null, 2)}\n`);
}
