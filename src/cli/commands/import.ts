/** `deftrec import SOURCE --out DATASET`: a log and a catalogue, read once into a prepared dataset. */
import { type PreparedInfo, prepare } from "#data";
import { defineCommand } from "../command.ts";
import { needed, text } from "../flags.ts";
import { importing, importingOf } from "../shared-flags.ts";
import { count } from "../words.ts";

export const importCommand = defineCommand({
  name: "import",
  group: "Data",
  summary: "read a log and a catalogue into a prepared dataset",
  positionals: [{ name: "source", help: "a log in any known format, or synthetic[:users=…,items=…,seed=…]" }],
  flags: { out: needed(text("DATASET", "the dataset directory to write")), ...importing },
  notes: () =>
    "Examples:\n  deftrec import ratings.csv --items movies.csv --out data/movies\n  deftrec import synthetic --out data/market",
  stops: true,
  async run({ positionals: [source], flags, emit, signal }) {
    const info = await prepare(source, { ...importingOf(flags), out: flags.out, signal }, emit);
    return {
      json: datasetJson(info),
      text: `${datasetText(info)}\n\nNext: deftrec train --data ${flags.out} --model sasrec --out runs/first`,
    };
  },
});

/** What is said of a dataset with --json. */
function datasetJson({ dataset, format, users, items, interactions, hash, dropped, warnings }: PreparedInfo) {
  return { dataset, format, users, items, interactions, hash, dropped, warnings };
}

function datasetText(info: PreparedInfo): string {
  const dropped = Object.entries(info.dropped).filter(([, number]) => number > 0);
  const lines = [
    `${info.directory}${info.reused ? " (was there already)" : ""}: ${count(info.interactions)} interactions of ${count(info.users)} users with ${count(info.items)} items`,
    ...dropped.map(([reason, number]) => `  dropped: ${count(number)} ${reason}`),
    ...info.warnings.map((warning) => `  warning: ${warning}`),
  ];
  return lines.join("\n");
}
