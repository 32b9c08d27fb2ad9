/** The hash of what a dataset is made of: the same bytes with the same options are the same dataset, wherever they lie. */
import { createHash } from "node:crypto";
import { InterruptedError } from "#base";
import type { Stop } from "./database.ts";
import { contentOf } from "./gzip.ts";

/** A file, and what it is to the source: its place does not enter the hash. */
export interface Part {
  readonly role: string;
  readonly path: string;
}

/** SHA-256 over `shaping` (anything JSON) and the content of `parts`, whether compressed or not. */
export async function contentHash(shaping: unknown, parts: readonly Part[], stop?: Stop): Promise<string> {
  const hash = createHash("sha256").update(JSON.stringify(shaping));
  for (const { path, role } of parts) {
    const content = createHash("sha256");
    for await (const piece of contentOf(path)) {
      if (stop?.aborted) throw new InterruptedError();
      content.update(piece);
    }
    hash.update(`${role} ${content.digest("hex")}\n`);
  }
  return hash.digest("hex");
}
