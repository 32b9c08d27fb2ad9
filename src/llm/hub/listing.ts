/**
 * The files of a model at one commit, as the hub lists them:  GET /api/models/OWNER/NAME/revision/REVISION?blobs=true
 * Source: the Hub's API, `siblings` with `size`, `blobId` (git's hash) and `lfs.sha256` of large ones.
 */
import { z } from "zod";
import { DataError } from "#base";
import { type HubId, showHubId } from "./hub-id.ts";
import { type HubAccess, persistently, request } from "./requests.ts";

const hash = (digits: number) => z.string().regex(new RegExp(`^[0-9a-f]{${digits}}$`));
const sibling = z.object({
  rfilename: z.string(),
  size: z.int().min(0).optional(),
  blobId: hash(40).optional(),
  lfs: z.object({ sha256: hash(64), size: z.int().min(0).optional() }).nullish(),
});
const answer = z.object({ sha: hash(40), siblings: z.array(sibling) });

/** A file: its size in bytes, and the hash of its content (64 digits: SHA-256; 40: git's). */
export interface HubFile {
  readonly name: string;
  readonly size: number;
  readonly hash: string;
}

export interface HubListing {
  readonly commit: string;
  readonly files: readonly HubFile[];
}

/** Asks the hub. */
export async function fetchListing(id: HubId, access: HubAccess): Promise<HubListing> {
  const { model, revision } = id;
  const url = `${access.endpoint}/api/models/${model}/revision/${encodeURIComponent(revision)}?blobs=true`;
  const content = await persistently(async () => (await request(url, access)).text(), access);
  const parsed = answer.safeParse(asJson(content));
  if (!parsed.success) {
    throw new DataError(
      `${showHubId(id)}: ${access.endpoint} answers, but not as a model hub does. Expected a commit and its files in JSON.`,
      { code: "not-a-hub", field: "HF_ENDPOINT", hint: "Look at HF_ENDPOINT.", cause: parsed.error },
    );
  }
  const { sha, siblings } = parsed.data;
  const files = siblings.flatMap(({ rfilename, size, blobId, lfs }) => {
    if (!isInside(rfilename)) return []; // a file must not be written beside its model
    const [bytes, content] = [lfs?.size ?? size, lfs?.sha256 ?? blobId];
    return bytes === undefined || content === undefined ? [] : [{ name: rfilename, size: bytes, hash: content }];
  });
  return { commit: sha, files };
}

function isInside(name: string): boolean {
  return name.split("/").every((part) => part !== "" && part !== "." && part !== ".." && !part.includes("\\"));
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
