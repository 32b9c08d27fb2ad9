/** docs/quality.md out of results: one table a log, means over seeds, the spread where there are several. */
import { figure, mean } from "./figures.ts";
import type { QualityResult } from "./results.ts";

const COLUMNS = ["HR@10", "NDCG@10", "HR@20", "NDCG@20", "coverage@10"];

export function tableOf(results: readonly QualityResult[]): string {
  const sets = [...new Set(results.map(({ set }) => set))];
  return `${[
    "# Models beside each other",
    "",
    "Leave-two-out, all items ranked, ties against the target, every user counted; fitted on train, chosen on validation, test",
    "read once. Defaults of each model, `--threads 1`; means over seeds, ± their standard deviation where a model draws numbers.",
    "Made by `bench/quality.ts` out of bench/results/quality.json. Machine of each set below it; seconds and memory are of training.",
    ...sets.flatMap((set) =>
      section(
        set,
        results.filter((result) => result.set === set),
      ),
    ),
  ].join("\n")}\n`;
}

function section(set: string, results: readonly QualityResult[]): string[] {
  const names = [...new Set(results.map(({ row }) => row))];
  const lines = names
    .map((name) => ({ name, own: results.filter(({ row }) => row === name) }))
    .sort(
      (a, b) => mean(b.own.map(({ masked }) => masked["NDCG@10"])) - mean(a.own.map(({ masked }) => masked["NDCG@10"])),
    )
    .flatMap(({ name, own }) => rowsOf(name, own));
  const machines = [...new Set(results.map(({ machine }) => machine))];
  return [
    "",
    `## ${set}`,
    "",
    `| model | history | seeds | valid NDCG@10 | ${COLUMNS.join(" | ")} | seconds | memory |`,
    `|---|---|---|---|${COLUMNS.map(() => "---").join("|")}|---|---|`,
    ...lines,
    "",
    `Measured on: ${machines.join("; ")}.`,
  ];
}

function rowsOf(name: string, own: readonly QualityResult[]): string[] {
  const seconds = Math.round(mean(own.map((result) => result.seconds)) * 10) / 10;
  const memory = Math.round(Math.max(...own.map(({ peakMemoryBytes }) => peakMemoryBytes)) / 2 ** 20);
  const valid = figure(own.map((result) => result.valid));
  const line = (history: string, all: readonly Readonly<Record<string, number>>[]) =>
    `| ${name} | ${history} | ${own.length} | ${valid} | ${COLUMNS.map((column) => figure(all.map((one) => one[column]))).join(" | ")} | ${seconds} | ${memory} MB |`;
  const unmasked = own.flatMap((result) => (result.unmasked === undefined ? [] : [result.unmasked]));
  return [
    line(
      "masked",
      own.map(({ masked }) => masked),
    ),
    ...(unmasked.length > 0 ? [line("kept", unmasked)] : []),
  ];
}
