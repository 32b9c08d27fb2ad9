/** What is at a path. */
import { access, readdir } from "node:fs/promises";

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
