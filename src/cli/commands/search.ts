/** `deftrec search --data DATA --model NAME --out DIR --set KEY=[…]`: many configurations, the best by validation. */
import { type SearchReport, STRATEGIES, search as searchRuns } from "#experiment";
import { defineCommand } from "../command.ts";
import { choice, integer, memory, needed, onOff, text } from "../flags.ts";
import { type GivenSettings, merged, readSettings, type Settings } from "../settings.ts";
import { importing, importingOf, maskHistory, optionsOf, splitting, splittingOf } from "../shared-flags.ts";
import { count, duration, figure, table } from "../words.ts";

const flags = {
  data: text("DATA", "a prepared dataset, or any source that import reads"),
  model: text("NAME", "the model, as train knows it"),
  out: needed(text("DIR", "the directory to make, a run below it for each trial")),
  space: text("FILE", "YAML or JSON file of the options and where they are searched, see below"),
  trials: integer("configurations to try (default: 16)", 1),
  strategy: choice(STRATEGIES, "all epochs to each, or ever more to the best (default: random)"),
  eta: integer("of halving: one of so many goes on (default: 3)", 2),
  seed: integer("seed of the search and of each run (default: 1)"),
  resume: onOff("continue the interrupted search at --out, or start it", false),
  maskHistory: { ...maskHistory, fallback: undefined, negatable: true }, // a resumed search keeps its own
  memory: memory("what a stage may take at once (default: half of the machine's)"),
  ...splitting,
  ...importing,
};

export const search = defineCommand({
  name: "search",
  group: "Models",
  summary: "try many configurations of a model; --resume continues after Ctrl-C",
  flags,
  configurable: true,
  stops: true,
  notes: () => NOTES,
  async run({ flags: { space, maskHistory: mask, memory: memoryBytes, ...given }, settings, runtime, emit, signal }) {
    const { out, data, model, trials, strategy, eta, seed, resume } = given;
    const report = await searchRuns({
      ...{ out, data, model, trials, strategy, eta, seed, resume, memoryBytes, runtime, emit, signal },
      space: spaceOf(settings, space === undefined ? {} : await readSettings(space, "--space")),
      maskHistory: mask,
      split: splittingOf(given),
      importing: importingOf(given),
    });
    return { json: report, text: reportText(report) };
  },
});

const NOTES = [
  "Where is searched, in --space FILE or with --set, which wins; options that stand nowhere keep their defaults:",
  "  dim: [16, 32, 64]                               one of these",
  "  learningRate: { min: 1e-4, max: 1e-2, log: true }   between; with log every factor is equally likely",
  "  epochs: 20                                      always this",
  "  --set dim=[16,32,64] --set 'learningRate={min: 1e-4, max: 1e-2, log: true}'",
  "Halving: a trial is paused after some epochs, and the best go on from their checkpoints to ever more.",
  "The options of each model: deftrec train --help",
].join("\n");

/** What is said of options: in --config beside flags, in --space, and with --set; undefined where nothing is. */
function spaceOf(given: GivenSettings, space: Settings): Settings | undefined {
  // Key by key and not inside: half a range of the file and half of the command line would be nobody's range.
  const all = { ...optionsOf(given, flags), ...space, ...merged({}, given.set) };
  return Object.keys(all).length === 0 ? undefined : all;
}

function reportText({
  search: out,
  model,
  dataset,
  metric,
  best,
  budget,
  rungs,
  trials,
  seconds,
}: SearchReport): string {
  const options = [...new Set(trials.flatMap(({ config }) => Object.keys(config)))];
  const cells = trials.map(({ trial, config, value, rungs: reached, seconds: spent, failed }) => [
    trial,
    ...options.map((option) => String(config[option] ?? "")),
    value === undefined ? "failed" : figure(value),
    ...(rungs.length > 1 ? [`${reached} of ${rungs.length}`] : []),
    duration(spent),
    ...(trials.some((any) => any.failed) ? [failed ?? ""] : []),
  ]);
  const headings = ["trial", ...options, metric, ...(rungs.length > 1 ? ["rungs"] : []), "time"];
  const epochs = budget.epochs === 0 ? "" : `, ${count(budget.epochs)} epochs at most`;
  return [
    table(trials.some(({ failed }) => failed) ? [...headings, "why"] : headings, cells),
    "",
    `${out}: ${model} on ${dataset}, ${count(budget.trials)} trials${epochs}, ${duration(seconds)}. By validation; test was not asked.`,
    `Best: ${best.run}, ${metric} on validation ${figure(best.value)}`,
    "",
    `Next: deftrec evaluate ${best.run}`,
  ].join("\n");
}
