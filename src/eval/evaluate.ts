/**
 * Honest evaluation: every user is asked, every item is ranked, the target stands after all equal scores, and the answer
 * carries its protocol. Users stream through in batches; kept are each target's rank and the metrics' tallies, never a
 * users × items matrix. What is ranked is what `recommend` would list: same scores, same fusion, same masks.
 */
import { setImmediate } from "node:timers/promises";
import { ConfigError, DataError, type Emit, InterruptedError } from "#base";
import type { Histories, Targets } from "#data";
import { type Key, Stream } from "#random";
import {
  ahead,
  type ExpertKind,
  hide,
  type Interrupt,
  type Pipeline,
  type Profile,
  requireTopK,
  rowsAtOnce,
  type ScoredProfiles,
  scoreProfiles,
} from "#recommender";
import { countInteractions, type Selection, selectTop } from "#retrieval";
import { askedProfiles } from "./asked-profiles.ts";
import { certaintyOf, probabilityKind } from "./certainty.ts";
import { listMetrics, meansOf, probabilityTally, rankFigures, tallied } from "./figures.ts";
import type { Tally } from "./metric.ts";
import { protocolOrder } from "./protocol-order.ts";
import { rankOf } from "./rank-of.ts";
import { type ResponseFigures, ResponseTally } from "./responses.ts";
import { type Slice, sliced } from "./slice.ts";
import * as slicings from "./slices/index.ts";

/** How the figures came about; part of every result. */
export interface Protocol {
  readonly ranking: "full";
  readonly maskHistory: boolean;
  readonly ties: "against the target";
  readonly fitOn: "train" | "train+valid";
  /** An ablation was told each true next item: no figure of a recommender. */
  readonly readsAnswer?: true;
}

/** What is asked of a trained model, and how. */
export interface EvaluationRequest extends Pipeline {
  readonly targets: Targets;
  /** The training histories, a row a user: what novelty, likeness and slices are measured against. */
  readonly train: Histories;
  /** The cutoffs k. */
  readonly topK: readonly number[];
  /** Whether items of the history are taken out of the ranking. */
  readonly maskHistory: boolean;
  /** What the model was fitted on, for the protocol. */
  readonly fitOn?: Protocol["fitOn"];
  /** Ask only this many users, drawn by the key; all where it is absent. */
  readonly users?: number;
  /** Whether figures of lists (coverage, novelty, …) and of probabilities are taken beside those of ranks; they are, unless false. */
  readonly lists?: boolean;
  /** Whether each user's response is asked for, too, and its category held against the target's; a model writes them one by one. */
  readonly responses?: boolean;
  /** Takes every user's ranking as well, to write it down. */
  readonly listener?: ListListener;
  readonly emit?: Emit;
  readonly signal?: Interrupt;
}

/** Someone who is shown every ranking, as deep as they like. */
export interface ListListener {
  /** How many places of each ranking. */
  readonly depth: number;
  /** `list` is in the order ranks are counted in: the target, where it can be reached, stands at its rank. */
  hear(user: number, target: number, list: Selection): void;
  /** Waited for after each batch of users, so that nothing piles up. */
  flush(): Promise<void>;
}

/** What came out. */
export interface Evaluation {
  readonly protocol: Protocol;
  /** How many users were asked; every one of them counts in every mean. */
  readonly users: number;
  /** `HR@10`, `NDCG@10`, `MRR`, `coverage@10`, …: every metric at every cutoff. */
  readonly metrics: Readonly<Record<string, number>>;
  /** Rank metrics of users told apart by what training knew of them. */
  readonly slices: readonly Slice[];
  /** What responses say, where they were asked for. */
  readonly responses?: ResponseFigures;
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
  const responses = request.responses ? new ResponseTally(catalogue) : undefined;
  if (responses !== undefined && request.ranker.read === undefined) throw nothingToRead();
  const asked = chooseTargets(targets, request.users, request.key);
  const figures = rankFigures(cutoffs);
  const { train } = request;
  // Not the pipeline's, which is of what the model was fitted on: every model is measured against the same training.
  const popularity = countInteractions(train, catalogue.size);
  const longest = Math.min(catalogue.size, Math.max(0, ...cutoffs));
  const context = { catalogue, train, popularity, lists: asked.length, cutoffs, longest };
  const measured = (request.lists === false ? [] : listMetrics()).map((metric) => ({
    metric,
    tally: metric.tally(context),
  }));
  const kind = request.lists === false ? undefined : probabilityKind(request.ranker, request.fuser !== undefined);
  const certain = kind && { kind, ...probabilityTally() };
  const answers: Answers = {
    ranks: new Float64Array(asked.length),
    masked: 0,
    notGenerated: 0,
    listLength: longest,
    tallies: measured.map(({ tally }) => tally),
    certain,
    responses,
  };
  for await (const batch of ahead(batchesOf(asked, catalogue.size + 1), request.ranker.batches ?? 1, (at) =>
    ask(request, at),
  )) {
    await enter(request, batch, answers);
    emit?.({ type: "progress", what: "evaluate", done: batch.from + batch.asked.length, of: asked.length });
    await setImmediate(); // scoring may never leave the microtask queue: let timers, Ctrl-C and servers have their turn
  }
  const { ranks, masked, notGenerated } = answers;
  const questions = Array.from(asked, (k) => ({ user: targets.users[k], target: targets.targets[k] }));
  return {
    protocol: {
      ranking: "full",
      maskHistory,
      ties: "against the target",
      fitOn,
      ...(request.ranker.readsAnswer && { readsAnswer: true }),
    },
    users: asked.length,
    metrics: {
      ...meansOf(figures, ranks),
      ...Object.fromEntries(measured.flatMap(({ metric, tally }) => tallied(metric, tally, cutoffs))),
      ...certain?.found(),
    },
    slices: sliced(Object.values(slicings), questions, ranks, context, (own) => meansOf(figures, own)),
    ...(responses && { responses: responses.value() }),
    unreachable: { masked: masked / asked.length, notGenerated: notGenerated / asked.length },
    userRows: Int32Array.from(questions, ({ user }) => user),
    ranks,
  };
}

/** All that is kept of the answers while users stream through. */
interface Answers {
  readonly ranks: Float64Array;
  masked: number;
  notGenerated: number;
  readonly listLength: number;
  readonly tallies: readonly Tally[];
  /** Where scores are probabilities: of which kind, and who looks at them. */
  readonly certain?: ReturnType<typeof probabilityTally> & { readonly kind: ExpertKind };
  readonly responses?: ResponseTally;
}

/** Targets that are asked for together, the first of which is the from-th. */
interface Batch {
  readonly from: number;
  readonly asked: Int32Array;
}

function* batchesOf(asked: Int32Array, columns: number): Generator<Batch> {
  const size = rowsAtOnce(columns);
  for (let from = 0; from < asked.length; from += size) yield { from, asked: asked.subarray(from, from + size) };
}

/** What the model says of a batch. */
interface Asked extends Batch, ScoredProfiles {
  readonly profiles: readonly Profile[];
}

async function ask(request: EvaluationRequest, batch: Batch): Promise<Asked> {
  if (request.signal?.aborted) throw new InterruptedError("evaluation was interrupted");
  const { targets, ranker } = request;
  const profiles = askedProfiles(ranker, targets, batch.asked);
  return { ...batch, profiles, ...(await scoreProfiles(request, profiles, request.maskHistory)) };
}

/** Enters what came back into `answers`. */
async function enter(request: EvaluationRequest, batch: Asked, answers: Answers): Promise<void> {
  const { targets, catalogue, maskHistory, listener } = request;
  const { from, asked, profiles, scores, cold } = batch;
  const columns = catalogue.size + 1;
  profiles.forEach(({ history }, row) => {
    const target = targets.targets[asked[row]];
    const own = scores.subarray(row * columns, (row + 1) * columns);
    if (maskHistory) hide(own, history);
    const rank = rankOf(own, target);
    answers.ranks[from + row] = rank;
    if (rank === Number.POSITIVE_INFINITY) {
      answers[maskHistory && history.includes(target) ? "masked" : "notGenerated"]++;
    }
    const { certain } = answers;
    if (certain && !cold[row]) certain.see(certaintyOf(own, target, rank, certain.kind));
    if (answers.tallies.length > 0) {
      const list = selectTop(own, answers.listLength).indices;
      for (const tally of answers.tallies) tally.see(list);
    }
    listener?.hear(targets.users[asked[row]], target, protocolOrder(own, target, rank, listener.depth));
  });
  if (answers.responses) await enterResponses(request, batch, answers.responses);
  await listener?.flush();
}

/** What the model says in words of the users whom it reads: all but those without a history. */
async function enterResponses({ ranker, key, targets }: EvaluationRequest, batch: Asked, into: ResponseTally) {
  const rows = [...batch.profiles.keys()].filter((row) => !batch.cold[row]);
  const states = await ranker.encode(
    rows.map((row) => batch.profiles[row]),
    key,
  );
  const readings = (await ranker.read?.(states)) ?? [];
  readings.forEach((reading, at) => {
    into.see(reading, targets.targets[batch.asked[rows[at]]]);
  });
}

function nothingToRead(): ConfigError {
  return new ConfigError("evaluation: this model says nothing in words, so that there are no responses to measure.", {
    code: "no-responses",
    field: "responses",
    hint: "Leave responses out, or ask a model that tells what it read (deftrec, contrec), as a whole.",
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
