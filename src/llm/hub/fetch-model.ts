/**
 * A model by its hub id: what is missing here is fetched, and the path to open comes back. The hub is asked what the revision
 * is now, unless it is a commit that is here; where nobody answers, what it was when it was last here is taken.
 */
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { CheckpointError, DataError, DeviceError, type Emit, Lock, silent } from "#base";
import { requireReadable, shardNames } from "../checkpoint/hugging-face.ts";
import { chooseFiles, INDEX, indexedFiles } from "./choice.ts";
import { download } from "./download.ts";
import { type HubId, showHubId } from "./hub-id.ts";
import { fetchListing, type HubFile, type HubListing } from "./listing.ts";
import { isCommit, ModelCache } from "./model-cache.ts";
import { type HubAccess, HubTrouble, hubAccess, requireGoingOn } from "./requests.ts";

export interface FetchOptions {
  /** Told what is fetched, and how far it is. */
  readonly emit?: Emit;
  readonly signal?: { readonly aborted: boolean };
  /** Milliseconds before a broken request is made again, and between looks at a lock. */
  readonly pause?: number;
}

/** Everything one fetching needs. */
interface Fetching {
  readonly id: HubId;
  readonly access: HubAccess;
  readonly cache: ModelCache;
  readonly emit: Emit;
}

/** Bytes. */
const WORTH_SAYING = 1e7;

/** Fetches what is missing; returns the model's directory or GGUF file. */
export async function fetchModel(id: HubId, { emit = silent, signal, pause }: FetchOptions = {}): Promise<string> {
  const access = { ...hubAccess(), signal, ...(pause !== undefined && { pause }) };
  const fetching = { id, access, cache: new ModelCache(id), emit };
  try {
    const listing = await listingOf(fetching);
    return await complete(fetching, listing);
  } catch (cause) {
    throw cause instanceof HubTrouble ? explained(fetching, cause) : cause;
  }
}

async function listingOf({ id, access, cache, emit }: Fetching): Promise<HubListing> {
  const known = await cache.listing();
  if (known !== undefined && (access.offline || isCommit(id.revision))) return known;
  if (access.offline) throw new HubTrouble("unreachable", "HF_HUB_OFFLINE is set");
  try {
    const listing = await fetchListing(id, access);
    await cache.prepare();
    await cache.keepListing(listing);
    return listing;
  } catch (cause) {
    if (!(cause instanceof HubTrouble) || cause.kind === "refused" || known === undefined) throw cause;
    const text = `${access.endpoint} does not answer (${cause.message}); ${showHubId(id)} is taken as it was last fetched.`;
    emit({ type: "warning", text });
    return known;
  }
}

/** Sees to it that all that is needed lies in the commit's directory. */
async function complete(fetching: Fetching, listing: HubListing): Promise<string> {
  const { id, cache } = fetching;
  const { small, weights, indexed, gguf } = chooseFiles(id, listing);
  const directory = cache.snapshot(listing.commit);
  await bring(fetching, listing, small);
  if (gguf === undefined) await requireReadable(directory);
  const rest = indexed ? indexedFiles(id, listing, await shardNames(join(directory, INDEX))) : weights;
  await bring(fetching, listing, rest);
  return gguf === undefined ? directory : join(directory, gguf);
}

async function bring(fetching: Fetching, { commit }: HubListing, files: readonly HubFile[]): Promise<void> {
  const { id, access, cache, emit } = fetching;
  if ((await cache.missing(commit, files)).length === 0) return;
  await cache.prepare();
  await using _lock = await lockOf(fetching);
  const missing = await cache.missing(commit, files); // again: another process may have been at it
  const size = missing.reduce((sum, file) => sum + file.size, 0);
  if (size >= WORTH_SAYING)
    emit({
      type: "message",
      text: `${showHubId(id)}: ${(size / 1e6).toFixed(0)} MB are fetched to ${cache.directory}.`,
    });
  for (const file of missing) {
    if (!(await cache.holds(file))) {
      if (access.offline) throw new HubTrouble("unreachable", "HF_HUB_OFFLINE is set");
      const url = `${access.endpoint}/${id.model}/resolve/${commit}/${file.name.split("/").map(encodeURIComponent).join("/")}`;
      await download(url, cache.blob(file), file, access, hundredths(file, emit));
    }
    await cache.place(commit, file);
  }
}

/** One fetcher a model; the next one waits, and finds what this one fetched. */
async function lockOf({ id, access, cache, emit }: Fetching): Promise<Lock> {
  for (let said = false; ; said = true) {
    requireGoingOn(access.signal);
    try {
      return await Lock.take(join(cache.directory, "lock"), "model");
    } catch (cause) {
      if (!(cause instanceof CheckpointError) || cause.code !== "locked") throw cause;
      if (!said)
        emit({ type: "message", text: `${showHubId(id)}: another process is fetching this model; waiting for it.` });
      await setTimeout(access.pause ?? 1000);
    }
  }
}

/** Progress a hundred times a file, not a hundred times a second. */
function hundredths({ name, size }: HubFile, emit: Emit): (done: number) => void {
  let told = -1;
  return (done) => {
    const share = Math.floor((100 * done) / Math.max(1, size));
    if (share === told) return;
    told = share;
    emit({ type: "progress", what: `bytes of ${name} fetched`, done, of: size });
  };
}

/** What a trouble means to whoever wanted the model. */
function explained({ id, access, cache }: Fetching, trouble: HubTrouble): Error {
  const { endpoint, token } = access;
  const [name, { status, code }] = [showHubId(id), trouble.answer];
  const cause = trouble;
  if (trouble.kind !== "refused") {
    return new DeviceError(
      `${name}: there is no such path here, ${endpoint} does not answer (${trouble.message}), and the model is not whole in ${cache.directory}.`,
      {
        code: "offline",
        hint: "Connect and try again (what was fetched is continued), set HF_ENDPOINT to a mirror, or give a directory.",
        cause,
      },
    );
  }
  if (code === "RevisionNotFound" || (status === 404 && code === "EntryNotFound")) {
    return new DataError(`${name}: the model ${id.model} has no revision "${id.revision}" at ${endpoint}.`, {
      code: "no-revision",
      cause,
    });
  }
  if (code === "GatedRepo" || status === 403 || (status === 401 && code !== "RepoNotFound")) {
    return new DataError(`${name}: ${endpoint} does not give this model to ${token ? "this HF_TOKEN" : "everyone"}.`, {
      code: "gated",
      hint: `Look whether the name is right, accept the terms at ${endpoint}/${id.model}, and set HF_TOKEN to a token that may read it.`,
      cause,
    });
  }
  if (status === 404 || status === 401) {
    return new DataError(`${name}: there is no such path here, and no such model at ${endpoint}.`, {
      code: "no-model",
      hint: `Expected a directory, a GGUF file or a hub id such as HuggingFaceTB/SmolLM2-135M-Instruct.${token ? "" : " A private model needs HF_TOKEN."}`,
      cause,
    });
  }
  return new DataError(`${name}: ${endpoint} refused (${trouble.message}).`, { code: "refused", cause });
}
