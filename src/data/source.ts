/**
 * What a source of interactions is: something that recognises its format by content and pours it into two tables of a
 * scratch database. Everything after that (filters, ids, order, Parquet) is the same for all formats, in assemble.ts.
 *   log    ("user" VARCHAR, item VARCHAR, time DOUBLE, rating DOUBLE)     in the order of the file
 *   listed (item VARCHAR, title VARCHAR, brand VARCHAR, category VARCHAR) in the order of the list; may stay empty
 */
import type { DataError, Emit } from "#base";
import type { Database } from "./database.ts";
import type { BestReachable } from "./manifest.ts";

/** A first look at what the user named: enough to tell formats apart, cheap for any size. */
export interface Peek {
  /** As the user wrote it. */
  readonly source: string;
  readonly kind: "file" | "directory" | "nothing";
  /** Names in a directory. */
  readonly entries: readonly string[];
  /** Names beside a file, its own among them. */
  readonly beside: readonly string[];
  /** The first bytes of a file, inflated if it is compressed. */
  readonly bytes: Uint8Array;
  /** The whole lines among them, as text. */
  readonly lines: readonly string[];
}

/** How sure a source is that this is its format, 0 to 1, and by what it knows. */
export interface Recognised {
  readonly confidence: number;
  readonly why: string;
}

/** Which column of a table holds what, where names do not tell. */
export type ColumnMap = Readonly<Record<string, string>>;

/** What is to be read, and how columns are named. */
export interface ReadRequest {
  /** Path, or the words that describe a made source. */
  readonly source: string;
  readonly columns: ColumnMap;
  /** A list of items that was named: it takes the place of one that lies beside the log. */
  readonly items?: string;
  readonly emit: Emit;
}

/** What reading found out besides the rows. */
export interface Facts {
  readonly warnings: readonly string[];
  readonly bestReachable?: BestReachable;
}

/** A format of interaction logs. Adding one is a file, its test and an export line in sources/index.ts. */
export interface Source {
  readonly name: string;
  /** For messages: "DeftRec's directory format". */
  readonly title: string;
  /** Raised when the same content would be read differently than before, so that nobody meets an old preparation. */
  readonly version?: number;
  detect(peek: Peek): Recognised | undefined;
  /** Paths whose content is read (and hashed); none for a made source, whose words are hashed instead. */
  files(source: string): Promise<readonly string[]>;
  read(database: Database, request: ReadRequest): Promise<Facts>;
  /** How a file in this format lists items (`--items`), where it can. */
  readonly items?: ItemList;
}

/** A way to list items: recognised like a log, and poured into `listed`. */
export interface ItemList {
  detect(peek: Peek): Recognised | undefined;
  read(database: Database, path: string, columns: ColumnMap): Promise<void>;
}

/** A file as rows and named columns. */
export interface Table {
  /** What stands after FROM. */
  readonly sql: string;
  readonly columns: readonly string[];
  /** The line that names the columns, in formats that have one. */
  readonly header?: number;
  /** Those of them that hold lists of texts. */
  readonly lists: ReadonlySet<string>;
  /** The line on which the n-th row stands (from 1), in formats that have lines. */
  lineOf?(row: number): Promise<number>;
  /** A better word for a reading error, if there is one. */
  explain?(cause: unknown): Promise<DataError | undefined>;
}
