/** What is at a path, and how a directory comes there. */
import { access, mkdir, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { ConfigError, DataError, Lock, replaceFile } from "#base";

export async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** A directory without entries. */
export async function isEmpty(path: string): Promise<boolean> {
  return (await readdir(path).catch(() => ["not a directory"])).length === 0;
}

/** Makes a directory, whole from its first moment; fails where someone else has just made one. `what` is a run or a search. */
export async function createDirectory(
  out: string,
  what: "run" | "search",
  fill: (directory: string) => Promise<void>,
): Promise<void> {
  try {
    await replaceFile(out, async (part) => {
      await mkdir(part);
      await fill(part);
    });
  } catch (cause) {
    const taken = cause instanceof Error && "code" in cause && (cause.code === "ENOTEMPTY" || cause.code === "EEXIST");
    throw taken ? alreadyThere(out, what) : cause;
  }
}

/** What is said of a path where something is already. */
export function alreadyThere(out: string, what: "run" | "search"): ConfigError {
  return new ConfigError(`--out ${out}: there is something already. A ${what} is never written over.`, {
    code: "exists",
    field: "out",
    hint: `Choose another path, or add --resume to continue the ${what} that is there.`,
  });
}

/** The lock of a directory. One that was just made and cannot be locked, for want of space, is nothing to resume. */
export async function lockIn(directory: string, what: "run" | "search", isNew: boolean): Promise<Lock> {
  const path = join(directory, "lock");
  return Lock.take(path, what).catch(async (cause) => {
    if (isNew && cause instanceof DataError && !(await exists(path))) await rm(directory, { recursive: true });
    throw cause;
  });
}

/** A file is wanted: a directory of that name is a mistake that is better said before the work than after it. */
export async function expectNoDirectory(path: string): Promise<void> {
  const there = await stat(path).catch(() => undefined);
  if (!there?.isDirectory()) return;
  throw new DataError(`${path}: this is a directory. Expected the path of a file to write.`, {
    code: "not-a-file",
    file: path,
    hint: `Name a file, such as ${path}/run.trec.`,
  });
}
