/**
 * Honest evaluation: every user is asked, every item is ranked, the target stands after all equal scores, and the answer
 * carries its protocol. Users stream through in batches; kept are each target's rank and the metrics' tallies, never a
 * users × items matrix. What is ranked is what `recommend` would list: same scores, same fusion, same masks.
 */
import { setImmediate } from "node:timers/promises";
import { ConfigError, DataError, type Emit, InterruptedError } from "#base";
import type { Targets } from "#data";
import { type Key, Stream } from "#random";
import { hide, type Interrupt, type Pipeline, requireTopK, rowsAtOnce, scoreProfiles } from "#recommender";
import { selectTop } from "#retrieval";
import type { ListMetric, Metric, RankMetric, Tally } from "./metric.ts";
import * as metrics from "./metrics/index.ts";
import { rankOf } from "./rank-of.ts";

/** How the figures came about; part of every result. */
export interface Protocol {
  readonly ranking: "full";
  readonly maskHistory: boolean;
  readonly ties: "against the target";
  readonly fitOn: "train" | "train+valid";
}

/** What is asked of a trained model, and how. */
export interface EvaluationRequest extends Pipeline {
  readonly targets: Targets;
  /** The cutoffs k. */
  readonly topK: readonly number[];
  /** Whether items of the history are taken out of the ranking. */
  readonly maskHistory: boolean;
  /** What the model was fitted on, for the protocol. */
  readonly fitOn?: Protocol["fitOn"];
  /** Ask only this many users, drawn by the key; all where it is absent. */
  readonly users?: number;
  readonly emit?: Emit;
  readonly signal?: Interrupt;
}

/** What came out. */
export interface Evaluation {
  readonly protocol: Protocol;
  /** How many users were asked; every one of them counts in every mean. */
  readonly users: number;
  /** `HR@10`, `NDCG@10`, `MRR`, `coverage@10`, …: every metric at every cutoff. */
  readonly metrics: Readonly<Record<string, number>>;
  /** Share of users whose target cannot be recommended: it stands in the masked history, or the model never generates it. */
  readonly unreachable: { readonly masked: number; readonly notGenerated: number };
  /** Of each asked user the row in the histories and the target's rank (Infinity: unreachable), for paired tests. */
  readonly userRows: Int32Array; // [users]
  readonly ranks: Float64Array; // [users]
}

/** Asks the model for every target and measures its answers. */
export async function evaluate(request: EvaluationRequest): Promise<Evaluation> {
  const { targets, catalogue, maskHistory, emit, fitOn = "train" } = request;
  const cutoffs = [...new Set(request.topK)];
  for (const cutoff of cutoffs) requireTopK(cutoff, catalogue.size, emit);
  const asked = chooseTargets(targets, request.users, request.key);
  const answers: Answers = {
    ranks: new Float64Array(asked.length),
    masked: 0,
    notGenerated: 0,
    listLength: Math.max(0, ...cutoffs),
    tallies: listMetrics().map((metric) => ({ metric, tally: metric.tally(catalogue.size) })),
  };
  const batch = rowsAtOnce(catalogue.size + 1);
  for (let first = 0; first < asked.length; first += batch) {
    if (request.signal?.aborted) throw new InterruptedError("evaluation was interrupted");
    await ask(request, asked, first, Math.min(first + batch, asked.length), answers);
    emit?.({ type: "progress", what: "evaluate", done: Math.min(first + batch, asked.length), of: asked.length });
    await setImmediate(); // scoring may never leave the microtask queue: let timers, Ctrl-C and servers have their turn
  }
  const { ranks, masked, notGenerated, tallies } = answers;
  const figures = [
    ...rankMetrics().flatMap((metric) => named(metric, cutoffs, (cutoff) => meanOf(metric, ranks, cutoff))),
    ...tallies.flatMap(({ metric, tally }) => named(metric, cutoffs, (cutoff) => tally.value(cutoff))),
  ];
  return {
    protocol: { ranking: "full", maskHistory, ties: "against the target", fitOn },
    users: asked.length,
    metrics: Object.fromEntries(figures),
    unreachable: { masked: masked / asked.length, notGenerated: notGenerated / asked.length },
    userRows: Int32Array.from(asked, (k) => targets.users[k]),
    ranks,
  };
}

/** All that is kept of the answers while users stream through. */
interface Answers {
  readonly ranks: Float64Array;
  masked: number;
  notGenerated: number;
  readonly listLength: number;
  readonly tallies: readonly { readonly metric: ListMetric; readonly tally: Tally }[];
}

/** Asks for the targets asked[from .. to] in one batch and enters what came back into `answers`. */
async function ask(
  request: EvaluationRequest,
  asked: Int32Array,
  from: number,
  to: number,
  answers: Answers,
): Promise<void> {
  const { targets, catalogue, maskHistory } = request;
  const columns = catalogue.size + 1;
  const profiles = Array.from(asked.subarray(from, to), (k) => ({ history: targets.historyOf(k) }));
  const { scores } = await scoreProfiles(request, profiles, maskHistory);
  profiles.forEach(({ history }, row) => {
    const target = targets.targets[asked[from + row]];
    const own = scores.subarray(row * columns, (row + 1) * columns);
    if (maskHistory) hide(own, history);
    const rank = rankOf(own, target);
    answers.ranks[from + row] = rank;
    if (rank === Number.POSITIVE_INFINITY) {
      answers[maskHistory && history.includes(target) ? "masked" : "notGenerated"]++;
    }
    const list = selectTop(own, answers.listLength).indices;
    for (const { tally } of answers.tallies) tally.see(list);
  });
}

/** Which targets are asked for, in rising order: all, or `users` of them drawn without replacement. */
function chooseTargets(targets: Targets, users: number | undefined, key: Key): Int32Array {
  if (targets.count === 0) {
    throw new DataError(
      "evaluation: no user has a target, because no history has three items. Expected users with at least three interactions; use a longer log.",
      { code: "no-targets" },
    );
  }
  if (users !== undefined && !(Number.isInteger(users) && users >= 1)) {
    throw new ConfigError(`users = ${users}: expected a whole number from 1 up, how many users to ask.`, {
      code: "bad-value",
      field: "users",
    });
  }
  const all = Int32Array.from({ length: targets.count }, (_, k) => k);
  if (users === undefined || users >= targets.count) return all;
  const stream = new Stream(key.fold("evaluated users"));
  for (let at = 0; at < users; at++) {
    const other = at + stream.below(all.length - at);
    [all[at], all[other]] = [all[other], all[at]];
  }
  return all.subarray(0, users).sort();
}

/** One user's values of a metric averaged over all. */
function meanOf(metric: RankMetric, ranks: Float64Array, cutoff: number): number {
  return ranks.reduce((sum, rank) => sum + metric.of(rank, cutoff), 0) / ranks.length;
}

function named(metric: Metric, cutoffs: readonly number[], value: (cutoff: number) => number): [string, number][] {
  if (!metric.atCutoffs) return [[metric.name, value(Number.POSITIVE_INFINITY)]];
  return cutoffs.map((cutoff) => [`${metric.name}@${cutoff}`, value(cutoff)]);
}

function rankMetrics(): RankMetric[] {
  return Object.values(metrics).filter((metric: Metric) => metric.kind === "rank");
}

function listMetrics(): ListMetric[] {
  return Object.values(metrics).filter((metric: Metric) => metric.kind === "lists");
}
