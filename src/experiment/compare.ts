/** `compare`: several runs asked for the same users' targets, side by side, with intervals and paired differences. */
import { isDeepStrictEqual } from "node:util";
import { ConfigError, DataError, type Emit } from "#base";
import { LEAVE_TWO_OUT, type SplitDescription } from "#data";
import { metrics as allMetrics, type Metric, type RankMetric } from "#eval";
import { Key } from "#random";
import type { Interrupt } from "#recommender";
import { Bootstrap, type Difference, type Interval } from "./bootstrap.ts";
import { askAll, type RunProtocol } from "./evaluate.ts";
import { type LoadOptions, load } from "./model.ts";

export interface CompareOptions extends LoadOptions {
  readonly split?: "test" | "valid";
  /** Cutoffs k; 10 by default. */
  readonly topK?: readonly number[];
  readonly maskHistory?: boolean;
  readonly emit?: Emit;
  readonly signal?: Interrupt;
}

export interface Comparison {
  readonly protocol: RunProtocol & { readonly split: "test" | "valid"; readonly interval: string };
  readonly rows: readonly {
    readonly run: string;
    readonly model: string;
    readonly metrics: Readonly<Record<string, Interval>>;
  }[];
  readonly pairs: readonly ({ readonly a: string; readonly b: string; readonly metric: string } & Difference)[];
}

/** Draws of users in all resamples together: about a second's work. */
const MOST_DRAWS = 3e7;

export async function compare(runs: readonly string[], options: CompareOptions = {}): Promise<Comparison> {
  if (runs.length < 2) {
    throw new ConfigError(`compare: expected at least two runs, got ${runs.length}.`, {
      code: "too-few-runs",
      field: "run",
      hint: "deftrec compare RUN RUN …",
    });
  }
  const { split = "test", topK = [10], maskHistory = true, emit, signal } = options;
  const asked: { run: string; model: string; hash: string; ranks: Float64Array; protocol: RunProtocol }[] = [];
  for (const run of runs) {
    await using model = await load(run, options);
    const { model: name, dataset } = model.manifest;
    expectSameData(run, dataset.hash, asked[0]);
    const { ranks, protocol } = await askAll(model, { split, topK, maskHistory, emit, signal });
    expectSameSplit(run, protocol, asked[0]);
    asked.push({ run, model: name, hash: dataset.hash, ranks, protocol });
  }
  const users = asked[0].ranks.length;
  const resamples = Math.max(200, Math.min(1000, Math.floor(MOST_DRAWS / users)));
  const named = rankMetrics(topK);
  const columns = asked.flatMap(({ ranks }) => named.map(({ of }) => ranks.map(of)));
  const bootstrap = new Bootstrap(columns, resamples, Key.of(1).fold("compare"));
  return {
    protocol: {
      ...asked[0].protocol,
      split,
      interval: `95 %, percentile bootstrap over ${users} users, ${resamples} resamples, paired`,
    },
    rows: asked.map(({ run, model }, row) => ({
      run,
      model,
      metrics: Object.fromEntries(named.map(({ name }, at) => [name, bootstrap.interval(row * named.length + at)])),
    })),
    pairs: pairsOf(asked.length).flatMap(([a, b]) =>
      named.map(({ name }, at) => ({
        a: asked[a].run,
        b: asked[b].run,
        metric: name,
        ...bootstrap.difference(a * named.length + at, b * named.length + at),
      })),
    ),
  };
}

function expectSameData(run: string, hash: string, first: { run: string; hash: string } | undefined): void {
  if (first === undefined || first.hash === hash) return;
  throw new DataError(`${run} was trained on other data than ${first.run}: their figures do not compare.`, {
    code: "different-data",
    file: run,
    hint: "Train both on the same dataset.",
  });
}

function expectSameSplit(
  run: string,
  { splitBy }: RunProtocol,
  first: { run: string; protocol: RunProtocol } | undefined,
): void {
  if (first === undefined || isDeepStrictEqual(splitBy, first.protocol.splitBy)) return;
  const named = (split?: SplitDescription) =>
    split === undefined ? LEAVE_TWO_OUT.by : `${split.name} at ${(split.at ?? split.times ?? []).join(" and ")}`;
  throw new DataError(
    `${run} is asked for other items (${named(splitBy)}) than ${first.run} (${named(first.protocol.splitBy)}): their figures do not compare.`,
    { code: "different-split", file: run, hint: "Train both with the same --split-by and --split-at." },
  );
}

/** Metrics that are a mean over users, at every cutoff, as functions of a rank. */
function rankMetrics(cutoffs: readonly number[]): { name: string; of: (rank: number) => number }[] {
  const all: readonly Metric[] = Object.values(allMetrics);
  return all
    .filter((metric): metric is RankMetric => metric.kind === "rank")
    .flatMap((metric) =>
      metric.atCutoffs
        ? cutoffs.map((cutoff) => ({ name: `${metric.name}@${cutoff}`, of: (rank: number) => metric.of(rank, cutoff) }))
        : [{ name: metric.name, of: (rank: number) => metric.of(rank, Number.POSITIVE_INFINITY) }],
    );
}

function pairsOf(count: number): [number, number][] {
  const pairs: [number, number][] = [];
  for (let a = 0; a < count; a++) for (let b = a + 1; b < count; b++) pairs.push([a, b]);
  return pairs;
}
