/** `deftrec evaluate RUN`: full-ranking metrics of a finished run, the protocol beside them. */
import { ConfigError } from "#base";
import { rankFigures } from "#eval";
import { CUTOFFS, type EvaluationReport, load, TREC_DEPTH } from "#experiment";
import { answeringNotes, answeringOf } from "../answering.ts";
import { defineCommand } from "../command.ts";
import { integer, integers, onOff, text, withDefault } from "../flags.ts";
import { maskHistory, split } from "../shared-flags.ts";
import { count, duration, figure, percent, splitText, table } from "../words.ts";

export const evaluate = defineCommand({
  name: "evaluate",
  group: "Models",
  summary: "measure a run: every user, every item ranked, the protocol stated",
  positionals: [{ name: "run", help: "a finished run" }],
  flags: {
    split,
    topk: withDefault(integers("cutoffs of the metrics", 1), CUTOFFS),
    maskHistory,
    expert: text("NAME", "one of the model's experts ranks alone, instead of all together"),
    users: integer("ask only so many users, drawn by the run's seed", 1),
    responses: onOff("ask for each user's response, too, and hold its category against the hidden item's", false),
    trec: text("FILE", "write every user's ranking as a TREC run: user Q0 item rank score tag"),
    depth: integer(`places of each ranking in the --trec file (${TREC_DEPTH} if left out)`, 1),
    ranks: text("FILE", "write every user's rank of the hidden item as CSV: user,rank (empty: out of reach)"),
    qrels: text("FILE", "write the hidden items as TREC relevance judgements: user 0 item 1"),
  },
  configurable: true,
  notes: answeringNotes,
  stops: true,
  async run({ positionals: [run], flags, settings, runtime, emit, signal }) {
    const { topk, trec, depth, qrels, ranks, ...asked } = flags;
    if (depth !== undefined && trec === undefined) throw depthAlone();
    await using model = await load(run, { answering: answeringOf(settings, flags), runtime, emit });
    const report = await model.evaluate({ ...asked, topK: topk, trec, depth, qrels, ranks, emit, signal });
    const files = [trec, ranks, qrels].filter((path) => path !== undefined);
    const written = files.length > 0 ? `\nWritten: ${files.join(", ")}.` : "";
    const all = model.material.split[asked.split].count;
    return { json: withoutDetails(report), text: reportText(report, [...new Set(topk)], all) + written };
  },
});

function depthAlone(): ConfigError {
  return new ConfigError("evaluate: --depth says how long the rankings of a --trec file are, but there is none.", {
    code: "bad-value",
    field: "depth",
    hint: "Add --trec FILE, or leave --depth out.",
  });
}

function withoutDetails({ unreachable, ...report }: EvaluationReport) {
  return { ...report, unreachable: unreachable.masked + unreachable.notGenerated };
}

function reportText(report: EvaluationReport, cutoffs: readonly number[], all: number): string {
  const {
    run,
    model,
    expert,
    answering = {},
    dataset,
    split,
    users,
    protocol,
    responses,
    unreachable,
    seconds,
  } = report;
  const who = expert === undefined ? model : `${model}'s expert ${expert} alone`;
  const said = Object.entries(answering).map(([key, value]) => `${key}=${value}`);
  const mask = protocol.maskHistory ? "items of the history are masked" : "items of the history may come again";
  const other = protocol.trainedMaskHistory === undefined ? "" : " (it was chosen under the other mask)";
  const sample = users < all ? ` of ${count(all)}, drawn by the run's seed` : "";
  return [
    `${run}: ${who} on ${dataset}, ${split} items of ${count(users)} users${sample}, ${duration(seconds)}`,
    "",
    ...metricsText(report, cutoffs),
    "",
    sliceTable(report, cutoffs.includes(10) ? 10 : cutoffs[0]),
    "",
    `All items ranked, ties against the target, ${mask}${other}, fitted on ${protocol.fitOn}${splitText(protocol.splitBy)}.`,
    ...(responses ? [responsesText(responses)] : []),
    ...(protocol.readsAnswer
      ? ["An ablation that READS THE ANSWER: the model was told each true next item. No figure of a recommender."]
      : []),
    ...(said.length > 0 ? [`Asked with ${said.join(", ")}; validation chose under the run's own options.`] : []),
    ...(unreachable.masked > 0
      ? [`Masking puts the item of ${percent(unreachable.masked)} of the users out of reach.`]
      : []),
    ...(unreachable.notGenerated > 0
      ? [`The model never generates the item of ${percent(unreachable.notGenerated)} of the users.`]
      : []),
  ].join("\n");
}

function responsesText({ users, named, valid, right }: NonNullable<EvaluationReport["responses"]>): string {
  if (users === 0) return "Responses: no user's item has a category to be named.";
  const who = `Responses of ${count(users)} users whose item has a category`;
  if (named === 0) return `${who} name none: this run's words are groups of items, for the catalogue's do not serve.`;
  return `${who}: ${percent(valid)} name one of the catalogue's, ${percent(right)} the item's own.`;
}

/** A row a cutoff, a column a metric; what restates another is left to --json. */
function metricsText({ metrics }: EvaluationReport, cutoffs: readonly number[]): string[] {
  const restated = new Set(
    rankFigures(cutoffs).flatMap(({ name, restates }) => (restates === undefined ? [] : [name])),
  );
  const shown = Object.keys(metrics).filter((name) => !restated.has(name));
  const names = [...new Set(shown.filter((name) => name.includes("@")).map((name) => name.replace(/@.*$/, "")))];
  const cell = (name: string) => (name in metrics ? figure(metrics[name]) : "");
  const rows = cutoffs.map((cutoff) => [String(cutoff), ...names.map((name) => cell(`${name}@${cutoff}`))]);
  const whole = shown.filter((name) => !name.includes("@"));
  return [table(["k", ...names], rows), ...whole.map((name) => `${name} ${figure(metrics[name])}`)];
}

/** A row a slice that has users, at one cutoff. */
function sliceTable({ slices }: EvaluationReport, cutoff: number): string {
  const names = rankFigures([cutoff]).flatMap(({ name, restates }) => (restates === undefined ? [name] : []));
  const rows = slices
    .filter(({ users }) => users > 0)
    .map(({ by, slice, bounds, users, metrics }) => [
      `${slice} ${by}`,
      bounds,
      count(users),
      ...names.map((name) => figure(metrics[name])),
    ]);
  return table(["users with a", "", "users", ...names], rows);
}
