/** A first look at a source, and which format it is: every source is asked, the surest answer counts. */
import { open, readdir, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { ConfigError, DataError, didYouMean } from "#base";
import { compressionOf, contentOf } from "./gzip.ts";
import type { Peek, Recognised, Source } from "./source.ts";

/** Bytes looked at: some hundred lines of a log. */
const HEAD = 64 * 1024;

/** What a file is wanted for, in the words of messages. */
export interface Wanted {
  /** The argument that named it. */
  readonly field: string;
  readonly expected: string;
  readonly hint: string;
}

/** An interaction log. */
export const LOG: Wanted = {
  field: "source",
  expected: "a log of interactions, or synthetic[:users=…,items=…,seed=…]",
  hint: "Say what it is with --format, and which column is which with --columns user=…,item=…,time=….",
};

/** A list of items. */
export const ITEMS: Wanted = {
  field: "items",
  expected: "a table of items",
  hint: "Name a CSV, TSV, JSON lines or Parquet file whose first line or keys name its columns.",
};

/** Looks at what `source` names, without reading more than its beginning. */
export async function peek(source: string): Promise<Peek> {
  const nothing = { source, kind: "nothing", entries: [], beside: [], bytes: new Uint8Array(), lines: [] } as const;
  const found = await stat(source).catch(() => undefined);
  if (found === undefined) return nothing;
  if (found.isDirectory()) return { ...nothing, kind: "directory", entries: (await readdir(source)).sort() };
  const bytes = await headOf(source);
  const lines = new TextDecoder()
    .decode(bytes)
    .replace(/^\uFEFF/, "")
    .split(/\r?\n/);
  if (bytes.length === HEAD && lines.length > 1) lines.pop(); // the last one may be cut
  const beside = (await readdir(dirname(source))).sort();
  return { ...nothing, kind: "file", beside, bytes, lines: lines.filter((line) => line.trim() !== "") };
}

async function headOf(path: string): Promise<Uint8Array> {
  if ((await compressionOf(path)) === "gzip") {
    const pieces: Uint8Array[] = [];
    let length = 0;
    for await (const piece of contentOf(path)) {
      pieces.push(piece);
      length += piece.length;
      if (length >= HEAD) break;
    }
    return Buffer.concat(pieces).subarray(0, HEAD);
  }
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(new Uint8Array(HEAD), 0, HEAD, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** Whether more than half of the lines look right: one damaged line must not hide what a file is. */
export function most(lines: readonly string[], looksRight: (line: string) => boolean): boolean {
  return lines.filter(looksRight).length > lines.length / 2;
}

/** What can be recognised: a source, or a source's way to list items. */
export type Candidate = Pick<Source, "name" | "title" | "detect">;

/** The source that knows `peeked` best, or the one the user named. */
export function recognise<S extends Candidate>(
  peeked: Peek,
  sources: readonly S[],
  format: string | undefined,
  wanted: Wanted = LOG,
): { readonly source: S; readonly why: string } {
  if (format !== undefined) return { source: byName(sources, format), why: "--format says so" };
  let best: (Recognised & { readonly source: S }) | undefined;
  for (const source of sources) {
    const recognised = source.detect(peeked);
    if (recognised && recognised.confidence > (best?.confidence ?? 0)) best = { ...recognised, source };
  }
  if (best !== undefined) return best;
  expectContent(peeked, wanted);
  const what =
    peeked.kind === "directory" ? `a directory with ${sample(peeked.entries)}` : `starts with ${sample(peeked.lines)}`;
  const tried = sources.map(({ name }) => name).join(", ");
  const line = peeked.kind === "file" ? 1 : undefined;
  const place = line === undefined ? peeked.source : `${peeked.source} line ${line}`;
  throw new DataError(`${place}: format not recognised (${what}). Tried ${tried}.`, {
    code: "unknown-format",
    file: peeked.source,
    line,
    field: wanted.field,
    hint: wanted.hint,
  });
}

/** Something must be there, and something in it. */
export function expectContent({ source, kind, bytes, entries }: Peek, { expected, field }: Wanted = LOG): void {
  if (kind === "nothing") {
    throw new DataError(`${source}: no such file or directory. Expected ${expected}.`, {
      code: "missing-file",
      file: source,
      field,
      hint: "Check the path.",
    });
  }
  if (kind === "file" ? bytes.length === 0 : entries.length === 0) {
    throw new DataError(`${source}: this ${kind} is empty. Expected ${expected}.`, {
      code: "empty-file",
      file: source,
      field,
      hint: "Check that the export that wrote it was finished.",
    });
  }
}

/** A format that is one file cannot be a directory. */
export function expectFile({ source, kind }: Peek, title: string): void {
  if (kind !== "directory") return;
  throw new DataError(`${source}: this is a directory. Expected one ${title} file.`, {
    code: "not-a-file",
    file: source,
    field: "source",
    hint: "Name the file inside it.",
  });
}

function byName<S extends Candidate>(sources: readonly S[], name: string): S {
  const found = sources.find((source) => source.name === name);
  if (found !== undefined) return found;
  const known = sources.map((source) => source.name);
  throw new ConfigError(
    `--format: unknown format "${name}"${didYouMean(name, known) || "."} Known: ${known.join(", ")}.`,
    {
      code: "unknown-format",
      field: "format",
    },
  );
}

function sample(parts: readonly string[]): string {
  return parts
    .slice(0, 3)
    .map((part) => JSON.stringify(part.slice(0, 60)))
    .join(", ");
}
