/** Parquet: one interaction a row. */
import { Database, literal } from "../database.ts";
import type { Peek, Table } from "../source.ts";
import { tableSource } from "../table.ts";
import { unreadable } from "../unreadable.ts";

const MAGIC = [0x50, 0x41, 0x52, 0x31]; // "PAR1"

/** One interaction a row, columns with types. */
export const parquet = tableSource({
  name: "parquet",
  title: "Parquet",
  detect: ({ bytes }: Peek) =>
    MAGIC.every((byte, at) => bytes[at] === byte) ? { confidence: 1, why: "it begins with PAR1" } : undefined,
  table: openParquet,
});

async function openParquet(path: string): Promise<Table> {
  const sql = `read_parquet(${literal(path)})`;
  await using database = await Database.open();
  const found = await database
    .rows<{ column_name: string; column_type: string }>(`DESCRIBE SELECT * FROM ${sql}`)
    .catch((cause) => {
      throw unreadable(path, cause);
    });
  return {
    sql,
    columns: found.map((row) => row.column_name),
    lists: new Set(found.flatMap((row) => (row.column_type === "VARCHAR[]" ? [row.column_name] : []))),
  };
}
