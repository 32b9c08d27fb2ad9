/** JSON lines: one object an interaction, its keys are the columns. */
import { objectOf, openJsonLines } from "../json-lines.ts";
import type { Peek } from "../source.ts";
import { tableSource } from "../table.ts";

/** One interaction a line, as an object. */
export const jsonl = tableSource({
  name: "jsonl",
  title: "JSON lines",
  detect: ({ lines }: Peek) =>
    lines.length > 0 && objectOf(lines[0]) ? { confidence: 0.9, why: "each of its lines is a JSON object" } : undefined,
  table: openJsonLines,
});
