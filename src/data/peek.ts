/** A first look at a source, and which format it is: every source is asked, the surest answer counts. */
import { open, readdir, stat } from "node:fs/promises";
import { ConfigError, DataError, didYouMean } from "#base";
import type { Peek, Recognised, Source } from "./source.ts";

/** Bytes looked at: some hundred lines of a log. */
const HEAD = 64 * 1024;

/** What a file is wanted for, in the words of messages. */
export interface Wanted {
  readonly expected: string;
  readonly hint: string;
}

/** An interaction log. */
export const LOG: Wanted = {
  expected: "a log of interactions, or synthetic[:users=…,items=…,seed=…]",
  hint: "Say what it is with --format, and which column is which with --columns user=…,item=…,time=….",
};

/** A list of items. */
export const ITEMS: Wanted = {
  expected: "a table of items",
  hint: "Name a CSV, TSV, JSON lines or Parquet file whose first line or keys name its columns.",
};

/** Looks at what `source` names, without reading more than its beginning. */
export async function peek(source: string): Promise<Peek> {
  const nothing = { source, kind: "nothing", entries: [], bytes: new Uint8Array(), lines: [] } as const;
  const found = await stat(source).catch(() => undefined);
  if (found === undefined) return nothing;
  if (found.isDirectory()) return { ...nothing, kind: "directory", entries: (await readdir(source)).sort() };
  const file = await open(source);
  try {
    const { buffer, bytesRead } = await file.read(new Uint8Array(HEAD), 0, HEAD, 0);
    const bytes = buffer.subarray(0, bytesRead);
    const lines = new TextDecoder()
      .decode(bytes)
      .replace(/^\uFEFF/, "")
      .split(/\r?\n/);
    if (bytesRead === HEAD) lines.pop(); // the last one may be cut
    return { ...nothing, kind: "file", bytes, lines: lines.filter((line) => line.trim() !== "") };
  } finally {
    await file.close();
  }
}

/** The source that knows `peeked` best, or the one the user named. */
export function recognise(
  peeked: Peek,
  sources: readonly Source[],
  format: string | undefined,
  wanted: Wanted = LOG,
): { readonly source: Source; readonly why: string } {
  if (format !== undefined) return { source: byName(sources, format), why: "--format says so" };
  let best: (Recognised & { readonly source: Source }) | undefined;
  for (const source of sources) {
    const recognised = source.detect(peeked);
    if (recognised && recognised.confidence > (best?.confidence ?? 0)) best = { ...recognised, source };
  }
  if (best !== undefined) return best;
  expectContent(peeked, wanted);
  const what =
    peeked.kind === "directory" ? `a directory with ${sample(peeked.entries)}` : `starts with ${sample(peeked.lines)}`;
  const tried = sources.map(({ name }) => name).join(", ");
  throw new DataError(`${peeked.source}: format not recognised (${what}). Tried ${tried}.`, {
    code: "unknown-format",
    file: peeked.source,
    hint: wanted.hint,
  });
}

/** Something must be there, and something in it. */
export function expectContent({ source, kind, bytes, entries }: Peek, { expected }: Wanted = LOG): void {
  if (kind === "nothing") {
    throw new DataError(`${source}: no such file or directory. Expected ${expected}.`, {
      code: "missing-file",
      file: source,
      hint: "Check the path.",
    });
  }
  if (kind === "file" ? bytes.length === 0 : entries.length === 0) {
    throw new DataError(`${source}: this ${kind} is empty. Expected ${expected}.`, {
      code: "empty-file",
      file: source,
      hint: "Check that the export that wrote it was finished.",
    });
  }
}

function byName(sources: readonly Source[], name: string): Source {
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
