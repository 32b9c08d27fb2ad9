/**
 * DuckDB at work on one import: a scratch database on disk under a memory limit, so that a log larger than memory is
 * sorted and joined by spilling, never held. Extensions are not fetched from anywhere.
 * Loaded on first use: rooms that only want histories and batches never pay for the native library.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import type { DuckDBConnection, DuckDBDataChunk, DuckDBInstance } from "@duckdb/node-api";
import { fullDisk, InterruptedError, isFullDisk } from "#base";

/** Asked from time to time; an `AbortSignal` is one. */
export interface Stop {
  readonly aborted: boolean;
}

/** What DuckDB may hold before it spills; with Node's own share an import stays well below 1.5 GB. */
const MEMORY_LIMIT = "600MB";

/** A scratch database; whatever it wrote is gone when it is disposed. */
export class Database implements AsyncDisposable {
  readonly #watch: NodeJS.Timeout | undefined;

  private constructor(
    readonly directory: string,
    readonly instance: DuckDBInstance,
    readonly connection: DuckDBConnection,
    readonly stop?: Stop,
  ) {
    if (stop === undefined) return;
    // DuckDB works on its own threads, so the event loop is free to notice that someone pressed Ctrl-C.
    this.#watch = setInterval(() => stop.aborted && connection.interrupt(), 100);
    this.#watch.unref();
  }

  static async open(stop?: Stop): Promise<Database> {
    const { DuckDBInstance } = await import("@duckdb/node-api");
    const directory = await mkdtemp(join(tmpdir(), "deftrec-")).catch((cause) => {
      throw said(cause, tmpdir());
    });
    const instance = await DuckDBInstance.create(join(directory, "scratch.duckdb"), {
      memory_limit: MEMORY_LIMIT,
      temp_directory: join(directory, "spill"),
      threads: String(Math.min(4, availableParallelism())),
      autoinstall_known_extensions: "false",
      autoload_known_extensions: "false",
    }).catch(async (cause) => {
      await rm(directory, { recursive: true, force: true });
      throw said(cause, tmpdir());
    });
    const database = new Database(directory, instance, await instance.connect(), stop);
    await database.run("SET TimeZone = 'UTC'"); // a date without a zone means the same on every machine
    return database;
  }

  /** Runs statements whose result is not wanted. */
  async run(sql: string): Promise<void> {
    await this.#guarded(() => this.connection.run(sql));
  }

  /** The rows of a query that has few: one object each. Integers come as numbers. */
  async rows<T>(sql: string): Promise<T[]> {
    const reader = await this.#guarded(() => this.connection.runAndReadAll(sql));
    const plain = (value: unknown) => (typeof value === "bigint" ? Number(value) : value);
    return reader.getRowObjectsJS().map(
      // as: the caller wrote the SELECT list that T describes.
      (row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, plain(value)])) as T,
    );
  }

  /** The one number a query answers with. */
  async number(sql: string): Promise<number> {
    const [row] = await this.rows<Record<string, number>>(sql);
    return Object.values(row)[0];
  }

  /** A large result, some thousand rows at a time. */
  async *chunks(sql: string): AsyncGenerator<DuckDBDataChunk> {
    const result = await this.#guarded(() => this.connection.stream(sql));
    for (;;) {
      const chunk = await this.#guarded(() => result.fetchChunk());
      if (chunk === null || chunk.rowCount === 0) return;
      yield chunk;
    }
  }

  /** Lets timers and signals have their turn in the middle of long work in this thread; throws when it shall stop. */
  async pause(): Promise<void> {
    await setImmediate();
    if (this.stop?.aborted) throw new InterruptedError();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#watch);
    this.connection.closeSync();
    this.instance.closeSync();
    await rm(this.directory, { recursive: true, force: true });
  }

  async #guarded<T>(work: () => Promise<T>): Promise<T> {
    if (this.stop?.aborted) throw new InterruptedError();
    try {
      return await work();
    } catch (cause) {
      if (this.stop?.aborted) throw new InterruptedError("interrupted", { cause });
      throw said(cause, this.directory);
    }
  }
}

/** What DuckDB complains of: of a full disk it speaks in words, with the file in quotes. */
function said(cause: unknown, fallback: string): unknown {
  if (!isFullDisk(cause)) return cause;
  return fullDisk(/"(\/[^"]+)"/.exec(String(cause))?.[1] ?? fallback, cause);
}

/** A value as an SQL string. */
export function literal(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}

/** A column name as SQL. */
export function column(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
