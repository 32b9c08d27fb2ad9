/** `deftrec inspect DATASET`: counts, lengths, repeats, cold items, leaks, text quality. */
import { type Inspection, inspect as inspectDataset, openDataset, prepare } from "#data";
import { defineCommand } from "../command.ts";
import { count, day, figure, percent } from "../words.ts";

export const inspect = defineCommand({
  name: "inspect",
  group: "Data",
  summary: "counts, lengths of histories, repeats, cold items, quality of texts",
  positionals: [{ name: "dataset", help: "a prepared dataset, or any source that import reads" }],
  flags: {},
  stops: true,
  async run({ positionals: [source], emit, signal }) {
    const { directory } = await prepare(source, { signal }, emit);
    const found = inspectDataset(await openDataset(directory));
    return { json: found, text: inspectionText(found) };
  },
});

function inspectionText(found: Inspection): string {
  const { lengths, repeats, cold, text, time, bestReachable } = found;
  const lines: [string, string][] = [
    ["users", count(found.users)],
    ["items", count(found.items)],
    ["interactions", count(found.interactions)],
    ["history length", `${lengths.min} to ${lengths.max}, median ${lengths.median}, mean ${lengths.mean.toFixed(1)}`],
    ["too short to measure", `${count(found.shortUsers)} users with fewer than three interactions`],
    [
      "targets in history",
      `${percent(repeats.test)} (test), ${percent(repeats.valid)} (valid): out of reach when masked`,
    ],
    [
      "cold items",
      `${count(cold.items)} with five training interactions or fewer, ${count(cold.neverTrained)} with none`,
    ],
    ["cold targets", `${percent(cold.testTargets)} of the test items`],
    [
      "without",
      `title ${count(text.withoutTitle)}, brand ${count(text.withoutBrand)}, category ${count(text.withoutCategory)}`,
    ],
  ];
  if (time !== undefined) lines.push(["time", `${day(time.first)} to ${day(time.last)}`]);
  if (text.repeatedTitles > 0) lines.push(["shared titles", `${count(text.repeatedTitles)} items`]);
  if (text.categoryIsTitle > 0) lines.push(["category = title", `${count(text.categoryIsTitle)} items`]);
  if (text.html > 0) lines.push(["HTML in texts", `${count(text.html)} items`]);
  for (const [reason, dropped] of Object.entries(found.dropped)) {
    if (dropped > 0) lines.push(["dropped", `${count(dropped)} ${reason}`]);
  }
  if (bestReachable !== undefined)
    lines.push(["best reachable", `NDCG@10 ${figure(bestReachable.test.masked["NDCG@10"])}`]);
  const width = Math.max(...lines.map(([name]) => name.length));
  return [
    `${found.dataset} (${found.format})`,
    ...lines.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`),
    ...found.warnings.map((warning) => `  warning: ${warning}`),
  ].join("\n");
}
