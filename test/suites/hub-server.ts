/** A model hub on this machine: what its API lists, what it resolves, and every way it can fail that a test asks for. */
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";

export interface HubRequest {
  readonly path: string;
  readonly range: string | undefined;
  readonly authorization: string | undefined;
}

/** What is answered instead of the right thing; `undefined` answers rightly. */
export type Fault = (
  request: HubRequest,
) =>
  | { readonly status: number; readonly code?: string }
  | Cut
  | { readonly bytes: Buffer }
  | { readonly silent: true }
  | undefined;

export class HubServer implements AsyncDisposable {
  readonly requests: HubRequest[] = [];
  fault: Fault = () => undefined;
  /** Whether it gives parts of files. */
  ranges = true;
  /** What a file waits for. */
  hold: () => Promise<void> = async () => {};
  /** Files of each model, by name. Large ones (over 1,000 bytes) are listed by their SHA-256. */
  readonly models = new Map<string, Map<string, Buffer>>();
  /** Where files are redirected to, as large ones of the hub are. */
  elsewhere: string | undefined;
  #revisions = 1;

  private constructor(private readonly server: Server) {}

  static async start(): Promise<HubServer> {
    const server = createServer();
    const hub = new HubServer(server);
    server.on("request", (request, response) => void hub.#answer(request, response));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return hub;
  }

  get endpoint(): string {
    const { port } = this.server.address() as AddressInfo; // as: it listens on a port
    return `http://127.0.0.1:${port}`;
  }

  /** Offers a directory's files under an id, at a new commit. */
  async offer(model: string, directory: string, more: Readonly<Record<string, string>> = {}): Promise<void> {
    const files = new Map<string, Buffer>();
    for (const name of await readdir(directory)) files.set(name, await readFile(join(directory, name)));
    for (const [name, text] of Object.entries(more)) files.set(name, Buffer.from(text));
    this.models.set(model, files);
    this.#revisions++;
  }

  /** The commit that every revision is. */
  get commit(): string {
    return String(this.#revisions).padStart(40, "c");
  }

  /** Names of files that were asked for since the last look. */
  taken(): string[] {
    const names = this.requests.flatMap(({ path }) => /\/resolve\/[^/]+\/(.*)$/.exec(path)?.[1] ?? []);
    this.requests.length = 0;
    return names;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = decodeURIComponent(new URL(request.url ?? "/", this.endpoint).pathname);
    const { range, authorization } = request.headers;
    const seen = { path, range, authorization };
    this.requests.push(seen);
    const fault = this.fault(seen);
    if (fault !== undefined && "status" in fault) {
      response.writeHead(fault.status, fault.code === undefined ? {} : { "x-error-code": fault.code }).end();
      return;
    }
    if (fault !== undefined && "silent" in fault) return; // the connection stays open
    const listed = /^\/api\/models\/([^/]+\/[^/]+)\/revision\/(.+)$/.exec(path);
    if (listed !== null) return this.#list(listed[1], listed[2], response);
    const [, model, commit, name] = /^\/([^/]+\/[^/]+)\/resolve\/([^/]+)\/(.+)$/.exec(path) ?? [];
    const file = this.models.get(model)?.get(name);
    if (file === undefined || commit !== this.commit) {
      response.writeHead(404, { "x-error-code": "EntryNotFound" }).end();
    } else if (this.elsewhere !== undefined) {
      response.writeHead(302, { location: `${this.elsewhere}${path}` }).end();
    } else {
      await this.hold();
      const content = fault !== undefined && "bytes" in fault ? fault.bytes : file;
      give(response, content, this.ranges ? range : undefined, fault && "cutAfter" in fault ? fault : undefined);
    }
  }

  #list(model: string, revision: string, response: ServerResponse): void {
    const files = this.models.get(model);
    if (files === undefined) return void response.writeHead(401, { "x-error-code": "RepoNotFound" }).end();
    if (revision !== "main" && revision !== this.commit) {
      return void response.writeHead(404, { "x-error-code": "RevisionNotFound" }).end();
    }
    const siblings = [...files].map(([rfilename, content]) => ({
      rfilename,
      size: content.length,
      ...hashesOf(content),
    }));
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ id: model, sha: this.commit, siblings }));
  }
}

function hashesOf(content: Buffer): object {
  const blobId = createHash("sha1").update(`blob ${content.length}\0`).update(content).digest("hex");
  if (content.length <= 1000) return { blobId };
  return { blobId, lfs: { sha256: createHash("sha256").update(content).digest("hex"), size: content.length } };
}

/** A connection that is gone after so many bytes, when whoever asked has them. */
interface Cut {
  readonly cutAfter: number;
  readonly when: () => Promise<void>;
}

/** Sends what the range asks for. */
function give(response: ServerResponse, file: Buffer, range: string | undefined, cut: Cut | undefined): void {
  const start = Number(/^bytes=(\d+)-$/.exec(range ?? "")?.[1] ?? 0);
  const part = file.subarray(start);
  const whole = { "content-length": part.length };
  if (range === undefined) response.writeHead(200, whole);
  else response.writeHead(206, { ...whole, "content-range": `bytes ${start}-${file.length - 1}/${file.length}` });
  if (cut === undefined) response.end(part);
  else response.write(part.subarray(0, cut.cutAfter), () => void cut.when().then(() => response.destroy()));
}
