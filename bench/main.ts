/** `npm run --silent bench -- NAME [--json] [--threads N] [--turns N]`: times a workload against its twin. */
import { Command, InvalidArgumentError } from "commander";
import { didYouMean } from "#base";
import type { Bench } from "./bench.ts";
import * as all from "./benches/index.ts";
import { type Report, runBench } from "./run.ts";

const benches = new Map(Object.values(all).map((bench: Bench) => [bench.name, bench]));

function count(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError("Expected a whole number above 0.");
  return value;
}

function benchNamed(name: string): Bench {
  const bench = benches.get(name);
  if (bench === undefined) {
    throw new InvalidArgumentError(`There is no such bench${didYouMean(name, benches.keys())} ${describeAll()}`);
  }
  return bench;
}

function describeAll(): string {
  const lines = [...benches.values()].map(({ name, workload }) => `  ${name.padEnd(14)} ${workload}`);
  return `Benches:\n${lines.join("\n")}`;
}

function forPeople(report: Report): string {
  const figure = (value: number) => `${value.toPrecision(3)} ${report.unit}`;
  const against =
    report.peer === null || report.ratio === null
      ? `no peer: ${report.reason}`
      : `peer ${figure(report.peer)}, ratio ${report.ratio.toFixed(2)}`;
  return `${report.name} on ${report.threads} threads: ours ${figure(report.ours)}, ${against}\n${report.machine}`;
}

interface Flags {
  readonly json?: boolean;
  readonly threads: number;
  readonly turns?: number;
}

const program = new Command("bench")
  .argument("<name>", "which workload", benchNamed)
  .option("--json", "print one JSON object on standard output")
  .option("--threads <n>", "threads of both sides; above 1, one thread is reported too", count, 2)
  .option("--turns <n>", "turns each side gets", count)
  .addHelpText("after", `\n${describeAll()}`)
  .action(async (bench: Bench, { json = false, threads, turns }: Flags) => {
    const report = await runBench(bench, { threads, turns, say: (line) => process.stderr.write(`${line}\n`) });
    process.stdout.write(`${json ? JSON.stringify(report) : forPeople(report)}\n`);
  });

try {
  await program.parseAsync();
} catch (cause) {
  process.stderr.write(`${cause instanceof Error ? cause.message : String(cause)}\n`);
  process.exitCode = 1;
}
