/** Files that are never half-written: everything is written beside its place, flushed, and renamed into it. */
import { randomBytes } from "node:crypto";
import { mkdir, open, readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { DataError } from "./errors.ts";

/** A path beside `path` that nothing else uses, for writing what will be renamed to it. */
export function beside(path: string): string {
  return join(dirname(path), `.${basename(path)}.${process.pid}.${randomBytes(4).toString("hex")}.part`);
}

/** Removes what processes that were killed left beside `path`; what living ones are writing stays. */
export async function removeLeftovers(path: string): Promise<void> {
  const prefix = `.${basename(path)}.`;
  for (const name of await readdir(dirname(path)).catch(() => [])) {
    const pid = name.startsWith(prefix) ? /^(\d+)\.[0-9a-f]{8}\.part$/.exec(name.slice(prefix.length))?.[1] : undefined;
    if (pid === undefined || isAlive(Number(pid))) continue;
    await rm(join(dirname(path), name), { recursive: true, force: true });
  }
}

/** Whether there is a process of this id, ours or someone else's. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (cause) {
    return cause instanceof Error && "code" in cause && cause.code === "EPERM"; // it is there, and someone else's
  }
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
    throw isFullDisk(cause) || isFullBelow(part, cause) ? fullDisk(path, cause) : cause;
  }
  await removeLeftovers(path); // only now: until the new one stands, a part of a killed process may be all there is
}

/** No space is left, as Node.js says it or as a library (DuckDB) does in words. */
export function isFullDisk(cause: unknown): boolean {
  if (!(cause instanceof Error)) return false;
  if ("code" in cause && (cause.code === "ENOSPC" || cause.code === "EDQUOT")) return true;
  return /no space left on device|disk quota exceeded/i.test(cause.message);
}

/** Whether a part of what is being written was refused, under a name that nobody knows. */
function isFullBelow(part: string, cause: unknown): boolean {
  return cause instanceof DataError && cause.code === "disk-full" && (cause.file ?? "").startsWith(part);
}

/** What is said when `path` could not be written for want of space. */
export function fullDisk(path: string, cause: unknown): DataError {
  return new DataError(`${path}: no space left on the disk; what was there is as it was.`, {
    code: "disk-full",
    file: path,
    hint: "Free some space and do the same again; a run continues with --resume.",
    cause,
  });
}

/** `JSON.stringify` for files that people read. */
export async function writeJson(path: string, value: unknown): Promise<void> {
  await writeWhole(path, `${JSON.stringify(value, null, 2)}\n`);
}
