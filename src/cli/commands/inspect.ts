/** `deftrec inspect DATASET`: counts, lengths, repeats, cold items, leaks, text quality. */
import { type Inspection, inspect as inspectDataset, openDataset, prepare, splitChoice } from "#data";
import { defineCommand } from "../command.ts";
import { splitting, splittingOf } from "../shared-flags.ts";
import { count, day, figure, percent, splitText } from "../words.ts";

export const inspect = defineCommand({
  name: "inspect",
  group: "Data",
  summary: "counts, lengths of histories, repeats, cold items, leaks, quality of texts",
  positionals: [{ name: "dataset", help: "a prepared dataset, or any source that import reads" }],
  flags: splitting,
  stops: true,
  async run({ positionals: [source], flags, emit, signal }) {
    const choice = splitChoice(splittingOf(flags));
    const { directory } = await prepare(source, { signal }, emit);
    const found = inspectDataset(await openDataset(directory), choice);
    return { json: found, text: inspectionText(found) };
  },
});

/** A name and what is said of it. */
type Line = readonly [string, string];

function inspectionText(found: Inspection): string {
  const { split } = found;
  const sections: [string, Line[]][] = [
    [`${found.dataset} (${found.format})`, logLines(found)],
    [`Asked${splitText(split.at || split.times ? split : undefined)}`, targetLines(found)],
    ["Leaks", leakLines(found)],
    ["Texts", textLines(found)],
  ];
  const width = Math.max(...sections.flatMap(([, lines]) => lines.map(([name]) => name.length)));
  const spelled = sections.flatMap(([title, lines]) => [
    "",
    title,
    ...lines.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`),
  ]);
  return [...spelled.slice(1), ...found.warnings.map((warning) => `\nwarning: ${warning}`)].join("\n");
}

function logLines(found: Inspection): Line[] {
  const { lengths, time, dropped, repeatedInteractions, repeatedAtOnce, interactions } = found;
  return [
    ["users", count(found.users)],
    ["items", count(found.items)],
    ["interactions", `${count(interactions)}, ${small(found.density)} of all pairs`],
    ["history length", `${lengths.min} to ${lengths.max}, median ${lengths.median}, mean ${lengths.mean.toFixed(1)}`],
    ...some(time, ({ first, last }): Line => ["time", `${day(first)} to ${day(last)}`]),
    [
      "taken again",
      `${small(repeatedInteractions / Math.max(1, interactions))} of interactions${repeatedAtOnce > 0 ? `, ${count(repeatedAtOnce)} right after the same item` : ""}`,
    ],
    ...Object.entries(dropped)
      .filter(([, rows]) => rows > 0)
      .map(([reason, rows]): Line => ["dropped", `${count(rows)} ${DROPPED[reason] ?? reason}`]),
  ];
}

/** What import leaves out, in words. */
const DROPPED: Readonly<Record<string, string>> = {
  withoutId: "rows without a user or an item",
  duplicates: "duplicates: the same user, item and time once more",
  belowMinRating: "rated too low",
  belowMinCount: "of users or items with too few interactions",
};

function targetLines({ targets, unevaluated, shortUsers, repeats, cold, bestReachable }: Inspection): Line[] {
  return [
    ["users asked", `${count(targets.test)} (test), ${count(targets.valid)} (valid)`],
    ["never asked", `${count(unevaluated)} users; ${count(shortUsers)} have fewer than three interactions`],
    ["targets in history", `${small(repeats.test)} (test), ${small(repeats.valid)} (valid): out of reach when masked`],
    [
      "cold items",
      `${count(cold.items)} with five training interactions or fewer, ${count(cold.neverTrained)} with none`,
    ],
    [
      "cold targets",
      `${small(cold.testTargets)} of the test items, ${small(cold.neverTrainedTargets)} never trained on`,
    ],
    ...some(bestReachable, ({ test }): Line => ["best reachable", `NDCG@10 ${figure(test.masked["NDCG@10"])}`]),
  ];
}

function leakLines({ leaks }: Inspection): Line[] {
  const { twins, testBeforeTrain, sameTime, copyInHistory } = leaks;
  return [
    ["same history", `${count(twins)} users: targets of one are in the training of another`],
    ...some(
      testBeforeTrain,
      (part): Line => ["learned from later", `${small(part)} of test items are older than what is trained on`],
    ),
    ...some(
      sameTime,
      (part): Line => ["order unknown", `${small(part)} of test items carry the time of the item before`],
    ),
    ["copy in history", `${small(copyInHistory)} of test items: another item of the same title and brand was taken`],
  ];
}

function textLines({ text }: Inspection): Line[] {
  const flaws: [string, number][] = [
    ["shared titles", text.repeatedTitles],
    ["same title and brand", text.copies],
    ["category = title", text.categoryIsTitle],
    ["titles without letters", text.titleWithoutLetters],
    ["HTML in texts", text.html],
  ];
  return [
    [
      "missing",
      `title ${count(text.withoutTitle)}, brand ${count(text.withoutBrand)}, category ${count(text.withoutCategory)}`,
    ],
    ["different", `${count(text.brands)} brands, ${count(text.categories)} categories`],
    ...(text.titleWords.max === 0
      ? []
      : [["words of a title", `median ${text.titleWords.median}, at most ${text.titleWords.max}`] as const]),
    ...flaws.filter(([, items]) => items > 0).map(([name, items]): Line => [name, `${count(items)} items`]),
  ];
}

/** One line about what is there, none about what is not. */
function some<T>(value: T | undefined, line: (value: T) => Line): Line[] {
  return value === undefined ? [] : [line(value)];
}

/** A share that may be far below one per cent and is not nothing. */
function small(share: number): string {
  if (share === 0 || share >= 0.1) return percent(share);
  return `${(share * 100).toPrecision(2)} %`;
}
