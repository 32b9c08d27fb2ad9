/** `deftrec evaluate RUN`: full-ranking metrics of a finished run, the protocol beside them. */
import { CUTOFFS, type EvaluationReport, load } from "#experiment";
import { defineCommand } from "../command.ts";
import { integer, integers, withDefault } from "../flags.ts";
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
    users: integer("ask only so many users, drawn by the run's seed", 1),
  },
  stops: true,
  async run({ positionals: [run], flags: { split, topk, maskHistory, users }, runtime, emit, signal }) {
    await using model = await load(run, { runtime, emit });
    const report = await model.evaluate({ split, topK: topk, maskHistory, users, emit, signal });
    return { json: withoutDetails(report), text: reportText(report, topk, model.material.split[split].count) };
  },
});

function withoutDetails({ unreachable, ...report }: EvaluationReport) {
  return { ...report, unreachable: unreachable.masked + unreachable.notGenerated };
}

function reportText(report: EvaluationReport, cutoffs: readonly number[], all: number): string {
  const { run, model, dataset, split, users, metrics, protocol, unreachable, seconds } = report;
  const at = (cutoff: number) => Object.entries(metrics).filter(([name]) => name.endsWith(`@${cutoff}`));
  const names = at(cutoffs[0]).map(([name]) => name.replace(/@.*$/, ""));
  const rows = cutoffs.map((cutoff) => [String(cutoff), ...at(cutoff).map(([, value]) => figure(value))]);
  const whole = Object.entries(metrics).filter(([name]) => !name.includes("@"));
  const mask = protocol.maskHistory ? "items of the history are masked" : "items of the history may come again";
  const other = protocol.trainedMaskHistory === undefined ? "" : " (it was chosen under the other mask)";
  const sample = users < all ? ` of ${count(all)}, drawn by the run's seed` : "";
  return [
    `${run}: ${model} on ${dataset}, ${split} items of ${count(users)} users${sample}, ${duration(seconds)}`,
    "",
    table(["k", ...names], rows),
    ...whole.map(([name, value]) => `${name} ${figure(value)}`),
    "",
    `All items ranked, ties against the target, ${mask}${other}, fitted on ${protocol.fitOn}${splitText(protocol.splitBy)}.`,
    ...(unreachable.masked > 0
      ? [`Masking puts the item of ${percent(unreachable.masked)} of the users out of reach.`]
      : []),
    ...(unreachable.notGenerated > 0
      ? [`The model never generates the item of ${percent(unreachable.notGenerated)} of the users.`]
      : []),
  ].join("\n");
}
