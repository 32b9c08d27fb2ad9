/** `deftrec compare RUN RUN …`: runs side by side on the same users, with intervals and paired differences. */
import { type Comparison, compare as compareRuns } from "#experiment";
import { defineCommand } from "../command.ts";
import { integers, withDefault } from "../flags.ts";
import { maskHistory, split } from "../shared-flags.ts";
import { figure, splitText, table } from "../words.ts";

export const compare = defineCommand({
  name: "compare",
  group: "Models",
  summary: "put runs side by side, with confidence intervals and paired tests",
  positionals: [
    {
      name: "run",
      help: "finished runs on the same data, two or more; runs that differ by seed alone are one row",
      many: true,
    },
  ],
  flags: { split, topk: withDefault(integers("cutoffs of the metrics", 1), [10]), maskHistory },
  stops: true,
  async run({ positionals: runs, flags: { split, topk, maskHistory }, runtime, emit, signal }) {
    const found = await compareRuns(runs, { split, topK: topk, maskHistory, runtime, emit, signal });
    return { json: found, text: comparisonText(found) };
  },
});

function comparisonText({ protocol, rows, pairs }: Comparison): string {
  const names = Object.keys(rows[0].metrics);
  const severalSeeds = rows.some(({ seeds }) => seeds.length > 1);
  const cells = rows.map(({ run, model, seeds, metrics }) => [
    run,
    model,
    ...(severalSeeds ? [String(seeds.length)] : []),
    ...names.map(
      (name) => `${figure(metrics[name].mean)} [${figure(metrics[name].low)}, ${figure(metrics[name].high)}]`,
    ),
  ]);
  // Corrected for one pair, p is p.
  const corrected = rows.length > 2;
  const differences = pairs.map(({ a, b, metric, difference, low, high, p, pHolm }) => [
    `${a} − ${b}`,
    metric,
    `${signed(difference)} [${signed(low)}, ${signed(high)}]`,
    chance(p),
    ...(corrected ? [chance(pHolm)] : []),
  ]);
  const mask = protocol.maskHistory ? "history masked" : "history not masked";
  return [
    table(["run", "model", ...(severalSeeds ? ["seeds"] : []), ...names], cells),
    "",
    ...(pairs.length > 0
      ? [table(["difference", "metric", "95 %", "p", ...(corrected ? ["p, Holm"] : [])], differences), ""]
      : []),
    `${protocol.split} items, all items ranked, ties against the target, ${mask}${splitText(protocol.splitBy)}. Intervals: ${protocol.interval}.`,
  ].join("\n");
}

function chance(p: number): string {
  return p < 0.01 ? "< 0.01" : p.toFixed(2);
}

function signed(value: number): string {
  return `${value < 0 ? "−" : "+"}${figure(Math.abs(value))}`;
}
