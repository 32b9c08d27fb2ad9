/**
 * `compare`: several runs asked for the same users' targets, side by side, with intervals and paired differences. Runs that
 * differ by their seed alone are one row: its figures are means over seeds, its intervals hold what seeds differ by.
 */
import { isDeepStrictEqual } from "node:util";
import { ConfigError, DataError, type Emit } from "#base";
import { LEAVE_TWO_OUT, type SplitDescription } from "#data";
import { rankFigures } from "#eval";
import { Key } from "#random";
import type { Interrupt } from "#recommender";
import { Bootstrap, type Difference, type Interval, mean } from "./bootstrap.ts";
import { askAll, type RunProtocol } from "./evaluate.ts";
import { holm } from "./holm.ts";
import type { RunManifest } from "./manifest.ts";
import { type LoadOptions, load } from "./model.ts";
import { bySeed } from "./seeds.ts";

export interface CompareOptions extends LoadOptions {
  readonly split?: "test" | "valid";
  /** Cutoffs k; 10 by default. */
  readonly topK?: readonly number[];
  readonly maskHistory?: boolean;
  readonly emit?: Emit;
  readonly signal?: Interrupt;
}

export interface Comparison {
  readonly protocol: RunProtocol & {
    readonly split: "test" | "valid";
    readonly interval: string;
    readonly correction: string;
  };
  readonly rows: readonly ComparedModel[];
  readonly pairs: readonly ComparedPair[];
}

/** A model, of one seed or of several. */
export interface ComparedModel {
  /** The first of its runs, which names it in `pairs`. */
  readonly run: string;
  readonly model: string;
  /** All its runs and their seeds, in the order given. */
  readonly runs: readonly string[];
  readonly seeds: readonly number[];
  /** `bySeed`: the figure of each seed, where there are several. */
  readonly metrics: Readonly<Record<string, Interval & { readonly bySeed?: readonly number[] }>>;
}

/** Model a minus model b. */
export interface ComparedPair extends Difference {
  readonly a: string;
  readonly b: string;
  readonly metric: string;
  /** p corrected for how many pairs were tested by this metric (Holm). */
  readonly pHolm: number;
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
  const asked: Asked[] = [];
  for (const run of runs) {
    await using model = await load(run, options);
    expectSameData(run, model.manifest.dataset.hash, asked[0]);
    const { ranks, protocol } = await askAll(model, { split, topK, maskHistory, emit, signal });
    expectSameSplit(run, protocol, asked[0]);
    asked.push({ run, manifest: model.manifest, ranks, protocol });
  }
  const models = bySeed(asked.map(({ manifest }) => manifest)).map((group) => group.map((at) => asked[at]));
  const users = asked[0].ranks.length;
  const resamples = Math.max(200, Math.min(1000, Math.floor(MOST_DRAWS / users)));
  // What restates another figure (recall is the hit rate here) would be the same test again.
  const figures = rankFigures([...new Set(topK)]).filter(({ restates }) => restates === undefined);
  const observed = models.map((seeds) => seeds.map(({ ranks }) => figures.map(({ of }) => ranks.map(of))));
  const bootstrap = new Bootstrap(observed, resamples, Key.of(1).fold("compare"));
  const drawn = models.some((seeds) => seeds.length > 1) ? `${users} users and each model's seeds` : `${users} users`;
  const names = figures.map(({ name }) => name);
  return {
    protocol: {
      ...asked[0].protocol,
      split,
      interval: `95 %, percentile bootstrap over ${drawn}, ${resamples} resamples, paired`,
      correction: "pHolm: Holm over the pairs of each metric",
    },
    rows: models.map((seeds, at) => rowOf(seeds, names, observed[at], (figure) => bootstrap.interval(at, figure))),
    pairs: pairsOf(models, names, bootstrap),
  };
}

/** A run and what it answered. */
interface Asked {
  readonly run: string;
  readonly manifest: RunManifest;
  readonly ranks: Float64Array;
  readonly protocol: RunProtocol;
}

function rowOf(
  seeds: readonly Asked[],
  names: readonly string[],
  observed: readonly (readonly Float64Array[])[], // [seeds][figures][users]
  intervalOf: (figure: number) => Interval,
): ComparedModel {
  const metrics = names.map((name, figure) => {
    const each = observed.map((figures) => mean(figures[figure]));
    return [name, { ...intervalOf(figure), ...(each.length > 1 && { bySeed: each }) }];
  });
  return {
    run: seeds[0].run,
    model: seeds[0].manifest.model,
    runs: seeds.map(({ run }) => run),
    seeds: seeds.map(({ manifest }) => manifest.seed),
    metrics: Object.fromEntries(metrics),
  };
}

/** Every two models, by every figure. */
function pairsOf(models: readonly (readonly Asked[])[], names: readonly string[], bootstrap: Bootstrap) {
  const indices = models.flatMap((_, a) => models.slice(a + 1).map((_, next) => [a, a + 1 + next]));
  const byFigure = names.map((_, figure) => {
    const found = indices.map(([a, b]) => bootstrap.difference(a, b, figure));
    const corrected = holm(found.map(({ p }) => p));
    return found.map((difference, pair) => ({ ...difference, pHolm: corrected[pair] }));
  });
  return indices.flatMap(([a, b], pair) =>
    names.map((metric, figure) => ({
      a: models[a][0].run,
      b: models[b][0].run,
      metric,
      ...byFigure[figure][pair],
    })),
  );
}

function expectSameData(run: string, hash: string, first: Asked | undefined): void {
  if (first === undefined || first.manifest.dataset.hash === hash) return;
  throw new DataError(`${run} was trained on other data than ${first.run}: their figures do not compare.`, {
    code: "different-data",
    file: run,
    hint: "Train both on the same dataset.",
  });
}

function expectSameSplit(run: string, { splitBy }: RunProtocol, first: Asked | undefined): void {
  if (first === undefined || isDeepStrictEqual(splitBy, first.protocol.splitBy)) return;
  const named = (split?: SplitDescription) =>
    split === undefined ? LEAVE_TWO_OUT.by : `${split.name} at ${(split.at ?? split.times ?? []).join(" and ")}`;
  throw new DataError(
    `${run} is asked for other items (${named(splitBy)}) than ${first.run} (${named(first.protocol.splitBy)}): their figures do not compare.`,
    { code: "different-split", file: run, hint: "Train both with the same --split-by and --split-at." },
  );
}
