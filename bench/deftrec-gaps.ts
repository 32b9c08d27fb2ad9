/**
 * Paired differences between lines of the tables, from the ranks that `evaluate --ranks` wrote: users are the same, seeds are
 * drawn for each line (src/experiment/bootstrap.ts), as `compare` does, without asking every run again for every pair.
 */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { rankFigures } from "#eval";
import { Bootstrap, type Difference } from "#experiment";
import { Key } from "#random";

/** Line a minus line b, by one metric. */
export interface Gap extends Difference {
  readonly set: string;
  readonly history: History;
  readonly a: string;
  readonly b: string;
  readonly metric: string;
  readonly seeds: readonly [number, number];
}

export type History = "masked" | "kept";

export const GAP_METRICS = ["HR@10", "NDCG@10", "HR@50", "HR@100"] as const;
const RESAMPLES = 1000;

/** The ranks of one file, Infinity where there is none; `users` tells whether two files ask the same. */
export async function readRanks(path: string): Promise<{ users: string; ranks: Float64Array } | undefined> {
  if (!existsSync(path)) return undefined;
  const lines = (await readFile(path, "utf8")).trim().split("\n").slice(1);
  const ranks = lines.map((line) => line.slice(line.lastIndexOf(",") + 1));
  return {
    users: lines.map((line) => line.slice(0, line.lastIndexOf(","))).join("\n"),
    ranks: Float64Array.from(ranks, (rank) => (rank === "" ? Number.POSITIVE_INFINITY : Number(rank))),
  };
}

/** Differences by every metric of two lines, each of one or several seeds' ranks. */
export function differencesOf(a: readonly Float64Array[], b: readonly Float64Array[]): Record<string, Difference> {
  const figures = rankFigures([10, 50, 100]).filter(({ name }) => GAP_METRICS.some((metric) => metric === name));
  const observed = [a, b].map((seeds) => seeds.map((ranks) => figures.map(({ of }) => ranks.map(of))));
  const bootstrap = new Bootstrap(observed, RESAMPLES, Key.of(1).fold("compare"));
  return Object.fromEntries(figures.map(({ name }, figure) => [name, bootstrap.difference(0, 1, figure)]));
}

/** Gaps found today beside those of before, which stay where they are of more seeds: a machine has the ranks of what ran on it. */
export function mergedGaps(before: readonly Gap[], found: readonly Gap[]): Gap[] {
  const nameOf = ({ set, history, a, b, metric }: Gap) => [set, history, a, b, metric].join("\n");
  const seedsOf = ({ seeds: [a, b] }: Gap) => a + b;
  const all = new Map(before.map((gap) => [nameOf(gap), gap]));
  for (const gap of found) {
    const known = all.get(nameOf(gap));
    if (known === undefined || seedsOf(known) <= seedsOf(gap)) all.set(nameOf(gap), gap);
  }
  return [...all.values()];
}
