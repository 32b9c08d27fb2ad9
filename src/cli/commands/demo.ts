/**
 * `deftrec demo`: the whole life of a model, on a marketplace made from a seed: import, DeftRec beside the floor it has to
 * beat, how near each comes to the best that anyone could do, and what it recommends to whom and why, in words.
 */
import { join } from "node:path";
import { CheckpointError, ConfigError, DataError } from "#base";
import { type Dataset, openDataset, prepare } from "#data";
import { type EvaluationReport, load, type Model, type TrainSummary, trainRun } from "#experiment";
import { type Call, defineCommand } from "../command.ts";
import { onOff, text, withDefault } from "../flags.ts";
import { shortened } from "../items-table.ts";
import { bytes, count, duration, figure, percent, table } from "../words.ts";

/**
 * From the floor up; the last one is asked for examples. DeftRec learns as it does by default, but fewer and larger steps, so that
 * somebody can wait for it, and without LightGCN's expert, which takes as long as all the rest (docs/log.md).
 */
const MODELS = [
  { model: "popularity" },
  { model: "transitions" },
  {
    model: "deftrec",
    config: {
      ...{ collaborative: false, epochs: 5, firstValidation: 5, learningRate: 0.003, dropout: 0.2, average: 0.98 },
      ...{ rerankFolds: 1, rerankTargets: 1 }, // two fits would take it beyond three minutes
    },
  },
] as const;
const METRICS = ["HR@10", "NDCG@10", "MRR", "coverage@10"] as const;
const EXAMPLES = 3;

const flags = {
  out: withDefault(text("DIR", "where the runs go; finished ones are used again"), "demo"),
  data: withDefault(text("SOURCE", "the data, made or real"), "synthetic"),
  serve: onOff("serve the models with the dashboard at the end (from a later version on)", true),
};

export const demo = defineCommand({
  name: "demo",
  group: "Start",
  summary: "the whole life of a model on a made-up marketplace, in some two minutes",
  flags,
  stops: true,
  async run(call) {
    const { emit, signal, say } = call;
    const info = await prepare(call.flags.data, { signal }, emit);
    const dataset = await openDataset(info.directory);
    const { users, items, interactions } = dataset.manifest;
    say(
      `\n${dataset.name}: ${count(interactions)} interactions of ${count(users)} users with ${count(items)} items.\n`,
    );
    const rows: Row[] = [];
    for (const one of MODELS) rows.push(await trainAndMeasure(call, one, info.directory));
    const best = dataset.manifest.bestReachable?.test.masked;
    const examples = await exampleLists(call, rows[rows.length - 1].report.run, dataset);
    return {
      json: { dataset: dataset.name, bestReachable: best ?? null, models: rows.map(asJson), examples },
      text: [comparison(rows, best), "", ...examples.map(exampleText), next(rows, dataset)].join("\n"),
    };
  },
});

interface Row {
  readonly summary: TrainSummary;
  readonly report: EvaluationReport;
}

async function trainAndMeasure(
  { flags: { out }, runtime, emit, signal, say }: DemoCall,
  { model, config }: { readonly model: string; readonly config?: Readonly<Record<string, unknown>> },
  data: string,
) {
  say(`Training ${model} …`);
  const summary = await firstThatFits(join(out, model), (run) =>
    trainRun({ out: run, data, model, config, resume: true, runtime, emit, signal }),
  );
  await using trained = await load(summary.run, { runtime, emit });
  const report = await trained.evaluate({ topK: [10], signal });
  say(
    `  ${duration(summary.seconds)}, ${bytes(summary.peakMemoryBytes)}, NDCG@10 ${figure(report.metrics["NDCG@10"])} on test\n`,
  );
  return { summary, report };
}

/** A run of an older demo, with other data or other defaults, is left alone: the next free name is taken. */
async function firstThatFits<T>(path: string, use: (path: string) => Promise<T>): Promise<T> {
  const elses = ["run-mismatch", "dataset-changed", "no-run", "damaged-run"];
  for (let number = 1; ; number++) {
    try {
      return await use(number === 1 ? path : `${path}-${number}`);
    } catch (cause) {
      const typed = cause instanceof ConfigError || cause instanceof DataError || cause instanceof CheckpointError;
      if (!typed || !elses.includes(cause.code)) throw cause;
    }
  }
}

type DemoCall = Call<typeof flags>;

function asJson({ summary, report }: Row) {
  const { run, model, seconds } = summary;
  return { run, model, metrics: report.metrics, seconds };
}

function comparison(rows: readonly Row[], best: Readonly<Record<string, number>> | undefined): string {
  const share = (value: number) => (best === undefined ? "" : percent(value / best["NDCG@10"]));
  const body = rows.map(({ summary, report }) => [
    summary.model,
    ...METRICS.map((metric) => figure(report.metrics[metric])),
    share(report.metrics["NDCG@10"]),
    duration(summary.seconds),
  ]);
  if (best !== undefined) {
    const reachable = METRICS.map((metric) => (metric in best ? figure(best[metric]) : ""));
    body.push(["best reachable", ...reachable, percent(1), ""]);
  }
  const note =
    best === undefined
      ? ""
      : "\nBest reachable: who knows the true odds of every next purchase, as the marketplace does, gets no further.";
  return table(["model", ...METRICS, "of best", "training"], body) + note;
}

interface Example {
  readonly user: string;
  readonly history: readonly string[];
  readonly recommended: readonly string[];
  /** The category that the model says is wanted. */
  readonly wanted?: string;
  /** What the user really took next. */
  readonly taken: string;
}

/** Lists for a few test users, spread over the data; the model sees what it was asked in evaluation. */
async function exampleLists({ runtime }: DemoCall, run: string, dataset: Dataset): Promise<Example[]> {
  await using model = await load(run, { runtime });
  const { test } = model.material.split;
  const examples: Example[] = [];
  for (let at = 0; at < Math.min(EXAMPLES, test.count); at++) {
    const k = Math.floor(((at + 0.5) * test.count) / EXAMPLES) % test.count;
    const history = Array.from(test.historyOf(k), (index) => dataset.catalogue.idOf(index));
    const { items } = await model.recommend({ history, topK: 5, explain: true });
    const wanted = items[0]?.why?.category;
    examples.push({
      user: dataset.users.ids[test.users[k]],
      history: history.slice(-5).map((item) => titleOf(model, item)),
      recommended: items.map(({ item }) => titleOf(model, item)),
      ...(wanted !== undefined && { wanted }),
      taken: titleOf(model, dataset.catalogue.idOf(test.targets[k])),
    });
  }
  return examples;
}

function titleOf({ pipeline: { catalogue } }: Model, item: string): string {
  return catalogue.row(catalogue.indexOf(item) ?? 0)?.title ?? item;
}

function exampleText({ user, history, recommended, wanted, taken }: Example): string {
  return [
    `User ${user} took, most recently last:`,
    ...history.map((title) => `    ${shortened(title)}`),
    wanted === undefined ? "  and is recommended:" : `  wants ${wanted} next, it says, and is recommended:`,
    ...recommended.map((title, at) => `  ${at + 1} ${shortened(title)}${title === taken ? "   ← taken next" : ""}`),
    ...(recommended.includes(taken) ? [] : [`  (taken next: ${shortened(taken)})`]),
    "",
  ].join("\n");
}

function next(rows: readonly Row[], dataset: Dataset): string {
  const { run } = rows[rows.length - 1].report;
  return [
    "Try next:",
    `  npx deftrec recommend ${run} --history ${dataset.catalogue.idOf(1)},${dataset.catalogue.idOf(2)}`,
    `  npx deftrec evaluate ${run} --expert generator`,
    `  npx deftrec similar ${run} --item ${dataset.catalogue.idOf(1)}`,
    `  npx deftrec compare ${rows.map(({ report }) => report.run).join(" ")}`,
    "  npx deftrec train --data YOUR_LOG.csv --model deftrec --out runs/first",
  ].join("\n");
}
