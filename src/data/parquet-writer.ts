/**
 * A table on its way into a Parquet file: rows come a few at a time, wait in a scratch database on disk (in bounded
 * memory), and are written beside their place and renamed into it when all are there. Rows keep their order.
 */
import type { DuckDBAppender, DuckDBDataChunkWriter, DuckDBValue } from "@duckdb/node-api";
import { InterruptedError, replaceFile } from "#base";
import { column, Database, literal, type Stop } from "./database.ts";

export type ColumnType = "VARCHAR" | "INTEGER" | "FLOAT";

/** Nothing is left of it when it is disposed of before `write`. */
export class ParquetWriter implements AsyncDisposable {
  private constructor(
    private readonly database: Database,
    private readonly appender: DuckDBAppender,
    private readonly rows: DuckDBDataChunkWriter<DuckDBValue>,
  ) {}

  /** A table of these columns, by name. */
  static async open(columns: Readonly<Record<string, ColumnType>>, stop?: Stop): Promise<ParquetWriter> {
    const { DuckDBDataChunkWriter } = await import("@duckdb/node-api");
    const database = await Database.open(stop);
    const declared = Object.entries(columns).map(([name, type]) => `${column(name)} ${type}`);
    await database.run(`CREATE TABLE rows (${declared.join(", ")})`);
    const appender = await database.connection.createAppender("rows");
    return new ParquetWriter(database, appender, DuckDBDataChunkWriter.forAppender(appender));
  }

  /** One row, its values in the order of the columns. */
  append(...values: readonly (string | number)[]): void {
    this.rows.appendRow(values);
  }

  /** Puts everything appended so far into `path`, which is replaced in one step. */
  async write(path: string): Promise<void> {
    this.rows.flush();
    this.appender.flushSync();
    await replaceFile(path, async (part) => {
      await this.database.run(`COPY rows TO ${literal(part)} (FORMAT parquet, COMPRESSION zstd)`);
      if (this.database.stop?.aborted) throw new InterruptedError();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.appender.closeSync();
    await this.database[Symbol.asyncDispose]();
  }
}
