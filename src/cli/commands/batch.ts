/** `deftrec batch RUN --out FILE.parquet`: a list for every user of the data. */
import { readFile } from "node:fs/promises";
import { load } from "#experiment";
import { answeringNotes, answeringOf } from "../answering.ts";
import { defineCommand } from "../command.ts";
import { integer, needed, text, withDefault } from "../flags.ts";
import { rules, rulesNotes } from "../shared-flags.ts";
import { count, duration } from "../words.ts";

export const batch = defineCommand({
  name: "batch",
  group: "Answers",
  summary: "a ranked list for every user of the data, as a Parquet file",
  positionals: [{ name: "run", help: "a finished run" }],
  flags: {
    out: needed(text("FILE", "the Parquet file to write: columns user, rank, item, score")),
    topk: withDefault(integer("length of the lists", 1), 10),
    users: text("FILE", "only these users, one id a line; unknown ones get popular items"),
    ...rules,
  },
  configurable: true,
  notes: () => `${rulesNotes}\n${answeringNotes()}`,
  stops: true,
  async run({ positionals: [run], flags, settings, runtime, emit, signal }) {
    const { out, topk, users, ...asked } = flags;
    const ids = users === undefined ? undefined : linesOf(await readFile(users, "utf8"));
    await using model = await load(run, { answering: answeringOf(settings, flags), runtime, emit });
    const found = await model.batch({ out, topK: topk, users: ids, ...asked, emit, signal });
    const cold = found.cold === 0 ? "" : ` (${count(found.cold)} of them unknown: popular items)`;
    const rate = count(Math.round(found.users / found.seconds));
    return {
      json: found,
      text: `${out}: ${count(found.rows)} rows for ${count(found.users)} users${cold}, ${duration(found.seconds)}, ${rate} users a second`,
    };
  },
});

function linesOf(text: string): string[] {
  return text
    .replace(/^\uFEFF/, "")
    .split(/\r?\n/)
    .filter((line) => line !== "");
}
