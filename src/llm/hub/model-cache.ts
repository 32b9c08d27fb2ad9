/**
 * Models of the hub on this machine, under `hub` of the cache directory:
 *   OWNER--NAME/refs/REVISION          the commit that a revision last was
 *   OWNER--NAME/listings/COMMIT.json   its files
 *   OWNER--NAME/blobs/HASH             contents, whole; HASH.part: begun
 *   OWNER--NAME/snapshots/COMMIT/FILE  the same contents by name: what is opened
 * A snapshot's files are further names (hard links) of blobs, so that a commit that changes a readme fetches no weights.
 */
import { copyFile, link, mkdir, readFile, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { cacheDirectory, replaceFile, writeJson, writeWhole } from "#base";
import type { HubId } from "./hub-id.ts";
import type { HubFile, HubListing } from "./listing.ts";

export class ModelCache {
  readonly directory: string;

  constructor(private readonly id: HubId) {
    this.directory = join(cacheDirectory(), "hub", id.model.replace("/", "--"));
  }

  /** The directory of a commit. */
  snapshot(commit: string): string {
    return join(this.directory, "snapshots", commit);
  }

  /** Where a content lies, or will. */
  blob({ hash }: HubFile): string {
    return join(this.directory, "blobs", hash);
  }

  /** Makes the directories. */
  async prepare(): Promise<void> {
    await mkdir(join(this.directory, "blobs"), { recursive: true });
  }

  /** What the revision was when it was last asked for; a commit is what it always was. */
  async listing(): Promise<HubListing | undefined> {
    const { revision } = this.id;
    const commit = isCommit(revision) ? revision : await readFile(this.#ref(), "utf8").catch(() => "");
    if (!isCommit(commit)) return undefined;
    return readFile(this.#listing(commit), "utf8").then(JSON.parse, () => undefined);
  }

  /** Keeps what the hub says. */
  async keepListing(listing: HubListing): Promise<void> {
    await writeJson(this.#listing(listing.commit), listing);
    await writeWhole(this.#ref(), listing.commit);
  }

  /** Those of `files` that a commit's directory does not hold. */
  async missing(commit: string, files: readonly HubFile[]): Promise<HubFile[]> {
    const sizes = await Promise.all(files.map(({ name }) => sizeOf(join(this.snapshot(commit), name))));
    return files.filter(({ size }, at) => sizes[at] !== size);
  }

  /** Whether a content is here. */
  async holds(file: HubFile): Promise<boolean> {
    return (await sizeOf(this.blob(file))) === file.size;
  }

  /** Gives a content its name in a commit. */
  async place(commit: string, file: HubFile): Promise<void> {
    const path = join(this.snapshot(commit), file.name);
    await mkdir(dirname(path), { recursive: true });
    await replaceFile(path, async (part) => {
      await link(this.blob(file), part).catch(() => copyFile(this.blob(file), part)); // a file system without links
    });
  }

  #ref(): string {
    return join(this.directory, "refs", encodeURIComponent(this.id.revision));
  }

  #listing(commit: string): string {
    return join(this.directory, "listings", `${commit}.json`);
  }
}

/** Whether a revision is a commit's hash, which never means anything else. */
export function isCommit(revision: string): boolean {
  return /^[0-9a-f]{40}$/.test(revision);
}

async function sizeOf(path: string): Promise<number | undefined> {
  return (await stat(path).catch(() => undefined))?.size;
}
