/** Where in a text file something stands, for messages: read again only when there is something to complain about. */
import { contentOf } from "./gzip.ts";

const NEWLINE = 10;
const RETURN = 13;
const SPACE = 32;
const TAB = 9;

/** The line (from 1) on which the n-th non-blank record (from 1) begins; `quote` may hold line breaks inside. */
export async function lineOfRecord(path: string, record: number, quote?: string): Promise<number> {
  const quoteByte = quote?.charCodeAt(0);
  let [line, begun, records, quoted] = [1, 0, 0, false]; // begun: the line of the record being read, 0 between records
  for await (const bytes of contentOf(path)) {
    for (const byte of bytes) {
      if (byte === quoteByte) quoted = !quoted;
      if (begun === 0 && byte !== NEWLINE && byte !== RETURN && byte !== SPACE && byte !== TAB) {
        begun = line;
        records++;
        if (records === record) return begun;
      }
      if (byte !== NEWLINE) continue;
      line++;
      if (!quoted) begun = 0;
    }
  }
  return line;
}

/** The line (from 1) on which the byte at `offset` (from 0) stands. */
export async function lineOfByte(path: string, offset: number): Promise<number> {
  let [line, at] = [1, 0];
  for await (const bytes of contentOf(path)) {
    for (const byte of bytes) {
      if (at++ >= offset) return line;
      if (byte === NEWLINE) line++;
    }
  }
  return line;
}

/** The line (from 1) of the first byte that is `wrong`. */
export async function lineOfFirst(path: string, wrong: (byte: number) => boolean): Promise<number | undefined> {
  let line = 1;
  for await (const bytes of contentOf(path)) {
    for (const byte of bytes) {
      if (wrong(byte)) return line;
      if (byte === NEWLINE) line++;
    }
  }
  return undefined;
}

/** The lines of a file, one after the other, without their ends. */
export async function* linesOf(path: string): AsyncGenerator<string> {
  for await (const line of rawLinesOf(path)) yield line.replace(/\r?\n?$/, "");
}

/** The lines of a file with their ends, `\n` or `\r\n`; the last may have none. */
export async function* rawLinesOf(path: string): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const piece of contentOf(path)) {
    const lines = (rest + decoder.decode(piece, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) yield `${line}\n`;
  }
  rest += decoder.decode();
  if (rest !== "") yield rest;
}
