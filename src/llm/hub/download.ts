/**
 * One file of the hub, fetched into a part that is continued where it broke off, checked by its hash, and only then renamed.
 * Git's hash of a file is SHA-1 over `blob SIZE\0` and its bytes; large files have the SHA-256 of their bytes.
 */
import { createHash, type Hash } from "node:crypto";
import { createReadStream } from "node:fs";
import { type FileHandle, open, rename, rm, stat } from "node:fs/promises";
import { CheckpointError, fullDisk, isFullDisk } from "#base";
import type { HubFile } from "./listing.ts";
import { type HubAccess, HubTrouble, persistently, request, requireGoingOn } from "./requests.ts";

/** Told how many bytes of the file are there. */
export type DownloadProgress = (done: number) => void;

/** Fetches `file` from `url` to `path`, whole and as it should be. */
export async function download(
  url: string,
  path: string,
  file: HubFile,
  access: HubAccess,
  progress: DownloadProgress = () => {},
): Promise<void> {
  const part = `${path}.part`;
  for (const last of [false, true]) {
    await fill(url, part, file.size, access, progress);
    if ((await contentHash(part, file)) === file.hash) return rename(part, path);
    await rm(part, { force: true }); // a part of another content may have stood there: once more, from nothing
    if (last) throw damaged(url, file);
  }
}

async function fill(url: string, part: string, size: number, access: HubAccess, progress: DownloadProgress) {
  let before = await sizeOf(part);
  const brought = async () => {
    const now = await sizeOf(part);
    const more = now > before;
    before = now;
    return more;
  };
  await persistently(() => attempt(url, part, size, access, progress), access, brought).catch((cause) => {
    throw isFullDisk(cause) ? fullDisk(part, cause) : cause;
  });
}

/** Takes what one connection brings. */
async function attempt(url: string, part: string, size: number, access: HubAccess, progress: DownloadProgress) {
  let had = await sizeOf(part);
  if (had > size) had = 0; // of another file
  if (had === size && size > 0) return progress(size);
  const response = await request(url, access, had > 0 ? { range: `bytes=${had}-` } : {});
  const continues = had > 0 && response.status === 206 && startOf(response) === had;
  const to = await open(part, continues ? "a" : "w");
  try {
    const done = await write(to, response, { done: continues ? had : 0, size, access, progress });
    await to.sync();
    if (done < size) throw new HubTrouble("broken", `the answer ended after ${done} of ${size} bytes`);
  } finally {
    await to.close();
  }
}

interface Writing {
  readonly done: number;
  readonly size: number;
  readonly access: HubAccess;
  readonly progress: DownloadProgress;
}

/** Writes an answer behind `done` bytes; returns how many there are then. More than there should be are left. */
async function write(to: FileHandle, { body }: Response, { done: first, size, access, progress }: Writing) {
  let done = first;
  for await (const piece of body ?? []) {
    requireGoingOn(access.signal);
    await to.writeFile(piece);
    done += piece.length;
    progress(Math.min(done, size));
    if (done > size) break; // its hash will tell
  }
  return done;
}

/** `bytes 100-199/200` → 100. */
function startOf({ headers }: Response): number {
  return Number(/^bytes (\d+)-/.exec(headers.get("content-range") ?? "")?.[1] ?? Number.NaN);
}

async function sizeOf(path: string): Promise<number> {
  return (await stat(path).catch(() => undefined))?.size ?? 0;
}

async function contentHash(path: string, { hash: expected }: HubFile): Promise<string> {
  const hash: Hash = createHash(expected.length === 64 ? "sha256" : "sha1");
  if (expected.length !== 64) hash.update(`blob ${await sizeOf(path)}\0`);
  for await (const piece of createReadStream(path)) hash.update(piece);
  return hash.digest("hex");
}

function damaged(url: string, { name, hash }: HubFile): CheckpointError {
  return new CheckpointError(`${name}: what ${url} gives is not what the hub lists; expected the hash ${hash}.`, {
    code: "checksum",
    file: name,
    hint: "Try again later or without a proxy or mirror in between; nothing of it was kept.",
  });
}
