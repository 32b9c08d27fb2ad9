/** From ranks and tallies to named figures: `HR@10`, `MRR`, `coverage@10`, …. */
import type { Certainty } from "./certainty.ts";
import type { ListMetric, Metric, ProbabilityMetric, RankMetric, Tally } from "./metric.ts";
import * as metrics from "./metrics/index.ts";

/** A rank metric at one cutoff: a name and a function of a user's rank. */
export interface RankFigure {
  readonly name: string;
  /** The figure that says the same with one target a user, where there is one: tables for people leave this one out. */
  readonly restates?: string;
  of(rank: number): number;
}

/** Every rank metric at every cutoff, in the order of reports. */
export function rankFigures(cutoffs: readonly number[]): RankFigure[] {
  const all: readonly Metric[] = Object.values(metrics);
  return all
    .filter((metric): metric is RankMetric => metric.kind === "rank")
    .flatMap((metric) =>
      cutoffsOf(metric, cutoffs).map((cutoff) => ({
        name: nameAt(metric.name, cutoff),
        ...(metric.restates !== undefined && { restates: nameAt(metric.restates, cutoff) }),
        of: (rank: number) => metric.of(rank, cutoff),
      })),
    );
}

/** Means over users of every figure. */
export function meansOf(figures: readonly RankFigure[], ranks: Float64Array): Record<string, number> {
  const mean = ({ of }: RankFigure) => ranks.reduce((sum, rank) => sum + of(rank), 0) / ranks.length;
  return Object.fromEntries(figures.map((figure) => [figure.name, mean(figure)]));
}

/** Every metric of lists. */
export function listMetrics(): ListMetric[] {
  const all: readonly Metric[] = Object.values(metrics);
  return all.filter((metric): metric is ListMetric => metric.kind === "lists");
}

/** Every metric of probabilities at once: shown each user's, and asked for what they found by name. */
export function probabilityTally(): { see(certainty: Certainty): void; found(): Record<string, number> } {
  const all: readonly Metric[] = Object.values(metrics);
  const tallies = all
    .filter((metric): metric is ProbabilityMetric => metric.kind === "probabilities")
    .map(({ name, tally }) => ({ name, tally: tally() }));
  return {
    see: (certainty) => {
      for (const { tally } of tallies) tally.see(certainty);
    },
    found: () =>
      Object.fromEntries(
        tallies.flatMap(({ name, tally }): [string, number][] => {
          const value = tally.value();
          return value === undefined ? [] : [[name, value]];
        }),
      ),
  };
}

/** What a tally found at every cutoff; where it found nothing the figure is absent. */
export function tallied({ name }: ListMetric, tally: Tally, cutoffs: readonly number[]): [string, number][] {
  return cutoffs.flatMap((cutoff): [string, number][] => {
    const value = tally.value(cutoff);
    return value === undefined ? [] : [[nameAt(name, cutoff), value]];
  });
}

const WHOLE = Number.POSITIVE_INFINITY;

function cutoffsOf({ atCutoffs }: RankMetric | ListMetric, cutoffs: readonly number[]): readonly number[] {
  return atCutoffs ? cutoffs : [WHOLE];
}

function nameAt(name: string, cutoff: number): string {
  return cutoff === WHOLE ? name : `${name}@${cutoff}`;
}
