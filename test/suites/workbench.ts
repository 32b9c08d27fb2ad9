/** For tests of sources: a folder to write logs into, importing from it, and errors as a user would meet them. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll } from "vitest";
import { DeftrecError, type Event } from "#base";
import { type Dataset, openDataset, type PreparedInfo, type PrepareOptions, prepare, sources } from "#data";

/** A log that was imported: what `prepare` answered, said on the way, and the dataset. */
export interface Imported {
  readonly info: PreparedInfo;
  readonly dataset: Dataset;
  readonly messages: readonly string[];
}

/** A folder that is removed after the file's tests. */
export class Workbench {
  readonly folder: Promise<string> = mkdtemp(join(tmpdir(), "deftrec-test-"));
  #made = 0;

  constructor() {
    afterAll(async () => rm(await this.folder, { recursive: true, force: true }));
  }

  /** Writes a file and returns its path. */
  async file(name: string, content: string | Uint8Array): Promise<string> {
    const path = join(await this.folder, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
    return path;
  }

  /** Prepares a source in a place of its own and opens it. */
  async import(source: string, options: PrepareOptions = {}): Promise<Imported> {
    const events: Event[] = [];
    const out = options.out ?? join(await this.folder, `dataset-${this.#made++}`);
    const info = await prepare(source, { ...options, out }, (event) => events.push(event));
    const messages = events.flatMap((event) => (event.type === "message" ? [this.#short(event.text)] : []));
    return { info, dataset: await openDataset(info.directory), messages: await Promise.all(messages) };
  }

  /** What a user is told when `work` fails: code, message, hint, without the folder's name and the list of formats. */
  async failure(work: Promise<unknown>): Promise<string> {
    const error = await work.then(
      () => new Error("it did not fail"),
      (cause: unknown) => cause,
    );
    if (!(error instanceof DeftrecError)) throw error;
    const { name, code, line, field } = error;
    const details = [code, line === undefined ? "" : `line ${line}`, field === undefined ? "" : `field ${field}`];
    const text = `${name} (${details.filter(Boolean).join(", ")})\n${error.message}\n→ ${error.hint ?? ""}`;
    return this.#short(text);
  }

  async #short(text: string): Promise<string> {
    // A new format must not change the messages that list all of them.
    const formats = Object.values(sources).map((source) => source.name);
    return text.replaceAll(`${await this.folder}/`, "").replaceAll(formats.join(", "), "(all formats)");
  }
}

/** Histories as outside ids, by outside user id. */
export function byUser({ histories, users, catalogue }: Dataset): Record<string, string[]> {
  return Object.fromEntries(
    users.ids.map((id, row) => [id, Array.from(histories.of(row), (index) => catalogue.idOf(index))]),
  );
}
