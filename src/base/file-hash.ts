/** SHA-256 of a file's bytes, in hex. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";

export async function fileHash(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const piece of createReadStream(path)) hash.update(piece);
  return hash.digest("hex");
}
