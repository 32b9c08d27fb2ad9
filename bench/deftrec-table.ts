/** docs/deftrec-quality.md out of results: tables a log, means over seeds, paired differences with their intervals. */
import type { Gap, History } from "./deftrec-gaps.ts";
import { lineOf, type Row, rowsOf } from "./deftrec-rows.ts";
import { figure, mean, short } from "./figures.ts";
import type { QualityResult, Result, Results } from "./results.ts";

/** Of the lines' table: a metric and what its column is called. With one hidden item a user, recall is the hit rate. */
const COLUMNS = [
  ["HR@10", "HR@10"],
  ["NDCG@10", "NDCG@10"],
  ["HR@20", "HR@20"],
  ["NDCG@20", "NDCG@20"],
  ["HR@50", "recall@50"],
  ["HR@100", "recall@100"],
  ["coverage@10", "coverage@10"],
] as const;
/** Of generators beside each other. */
const GENERATOR = [
  ["HR@10", "HR@10"],
  ["NDCG@10", "NDCG@10"],
  ["HR@50", "recall@50"],
  ["HR@100", "recall@100"],
  ["coverage@10", "coverage@10"],
  ["Gini@10", "Gini@10"],
  ["ILD@10", "ILD@10"],
  ["novelty@10", "novelty@10"],
  ["ECE", "ECE"],
  ["logLikelihood", "log-likelihood"],
] as const;
const HISTORIES: readonly (readonly [History, string])[] = [
  ["masked", "History masked"],
  ["kept", "History kept: an item may come again"],
];

const LANGUAGE_NOTE =
  "SmolLM2-135M. `alone` is latent only; text only and hybrid are alone, too. Valid, right: shares of the responses that name a category of " +
  "the catalogue's, the hidden item's own. `oracle` reads the answer: no figure of a recommender. " +
  "Memory is that of the process that finished a run: where it was resumed behind the training (`generated`), not what training took. " +
  "The time of `frozen` is without what the language model had read before, for other runs (log.md).";

/** The page, for the logs that have results. */
export function deftrecTables({ results, gaps }: Results, quality: readonly QualityResult[]): string {
  const sets = [...new Set(results.map(({ set }) => set))];
  return `${[
    "# How good DeftRec is",
    "",
    "Leave-two-out, all items ranked, ties against the target, every user counted; fitted on train, chosen on validation, test",
    "read once a way of asking. Means over seeds ± their standard deviation. Differences are paired: the same users, seeds drawn",
    "for each model, 95 % percentile bootstrap in brackets, 1000 resamples; **bold** where the interval leaves out 0.",
    "",
    "`default`: experts and generator, re-ranked · `one fit`: the same, its re-ranker learned from one fit and one item a history",
    "(`rerankFolds=1 rerankTargets=1`) · `fused`: not re-ranked, fused by weights tuned on validation · `alone`: the generator by itself ·",
    "`one-step`: the same network, trained at the last noise level only · `fast`: no neural generator, re-ranked · `paper`: the paper's own",
    "objective (examples/deftrec-paper.yaml). Made by `bench/deftrec.ts` out of bench/results/deftrec.json; lines of",
    "other models that it lacks are quality.json's, without a difference. What was not run is not here. Where a row takes over stages",
    "that the default trained alike, training time counts them, and memory is that of the rest.",
    ...sets.flatMap((set) => new Section(set, results, gaps, quality).lines()),
  ].join("\n")}\n`;
}

class Section {
  readonly #rows: readonly Row[];
  readonly #results: readonly Result[];

  constructor(
    readonly set: string,
    results: readonly Result[],
    readonly gaps: readonly Gap[],
    quality: readonly QualityResult[],
  ) {
    this.#rows = rowsOf(set, { encoder: "any", llm: "any" });
    const own = results.filter((result) => result.set === set);
    const others = quality
      .filter((one) => one.set === set && !own.some(({ row }) => row === one.row))
      .filter(({ row }) => this.#rows.some(({ name }) => name === row));
    this.#results = [...own, ...others.map((one) => ({ ...one, ask: "", askSeconds: Number.NaN, commit: "" }))];
  }

  lines(): string[] {
    const machines = [...new Set(this.#results.map(({ machine }) => machine))].join("; ");
    const commits = [...new Set(this.#results.map(({ commit }) => commit))].filter((commit) => commit !== "");
    return [
      "",
      `## ${this.set}`,
      ...HISTORIES.flatMap(([history, title]) => this.#standings(history, title)),
      ...this.#oneStep(),
      ...this.#changes(),
      ...this.#language(),
      "",
      `Measured on: ${machines}. Commits: ${commits.join(", ")}.`,
    ];
  }

  /** Every form and every other model, best first. */
  #standings(history: History, title: string): string[] {
    const names = this.#rows
      .filter(({ group }) => group === "main" || group === "baselines")
      .flatMap(({ name, asks }) =>
        asks.filter((ask) => ["", "alone"].includes(ask.name)).map((ask) => lineOf(name, ask.name)),
      );
    const lines = names
      .filter((line) => this.#values(line, history, "NDCG@10").length > 0)
      .sort((a, b) => mean(this.#values(b, history, "NDCG@10")) - mean(this.#values(a, history, "NDCG@10")))
      .map((line) => {
        const own = this.#of(line);
        const cells = COLUMNS.map(([metric]) => figure(this.#values(line, history, metric)));
        const seconds = Math.round(mean(own.map((one) => one.seconds)));
        const memory = Math.round(Math.max(...own.map(({ peakMemoryBytes }) => peakMemoryBytes)) / 2 ** 20);
        const chosen = figure(own.map(({ valid }) => valid));
        return [line, own.length, chosen, ...cells, this.#gap("default", line, history, "NDCG@10"), seconds, memory];
      });
    if (lines.length === 0) return [];
    const heads = COLUMNS.map(([, head]) => head);
    const head = ["model", "seeds", "valid", ...heads, "default − it, NDCG@10", "training, s", "memory, MB"];
    return ["", `### ${title}`, "", ...table(head, lines)];
  }

  /** The diffusion generator beside the one-step one, in each way that both were asked. */
  #oneStep(): string[] {
    const asks = this.#rows.find(({ name }) => name === "one-step")?.asks ?? [];
    const lines = asks.flatMap(({ name: ask }) => {
      const [diffusion, one] = [lineOf("fused", ask), lineOf("one-step", ask)];
      if (this.#of(diffusion).length === 0 || this.#of(one).length === 0) return [];
      const cells = (line: string) => GENERATOR.map(([metric]) => figure(this.#values(line, "masked", metric)));
      const apart = GENERATOR.map(
        ([metric]) => this.#gap(diffusion, one, "masked", metric) || this.#plainGap(diffusion, one, metric),
      );
      return [
        [diffusion, ...cells(diffusion)],
        [one, ...cells(one)],
        ["difference", ...apart],
      ];
    });
    const more = lineOf("fused", "alone samplingSteps=10 samples=16");
    if (lines.length > 0 && this.#of(more).length > 0) {
      lines.push([more, ...GENERATOR.map(([metric]) => figure(this.#values(more, "masked", metric)))]);
    }
    if (lines.length === 0) return [];
    const note = "`samples=16`: the mean of the probabilities of sixteen generated vectors. History masked.";
    return [
      "",
      "### Diffusion against a one-step generator",
      "",
      ...table(["", ...GENERATOR.map(([, head]) => head)], lines),
      "",
      note,
    ];
  }

  /** What is lost or won by changing a part or a way of answering. */
  #changes(): string[] {
    const trained = this.#rows
      .filter(({ group }) => group === "ablations")
      .map(({ name, against = "fused" }) => ({
        change: name,
        whole: [against, name],
        alone: [lineOf(against, "alone"), lineOf(name, "alone")],
      }));
    const fused = this.#rows.find(({ name }) => name === "fused")?.asks ?? [];
    const answered = fused
      .filter(({ name }) => name.includes("=") && !name.startsWith("alone"))
      .map(({ name }) => ({
        change: `answering: ${name}`,
        whole: ["fused", lineOf("fused", name)],
        alone: [lineOf("fused", "alone"), lineOf("fused", `alone ${name}`)],
      }));
    const objective = {
      change: "paper's objective",
      whole: ["fused", "paper"],
      alone: [lineOf("fused", "alone"), lineOf("paper", "alone")],
    };
    const lines = [objective, ...trained, ...answered].flatMap(({ change, whole, alone }) => {
      const seeds = this.#of(whole[1]).length;
      if (seeds === 0) return [];
      const cells = [whole, alone].flatMap(([usual, changed]) => [
        figure(this.#values(changed, "masked", "NDCG@10")),
        this.#gap(usual, changed, "masked", "NDCG@10"),
      ]);
      return [[change, seeds, ...cells]];
    });
    if (lines.length === 0) return [];
    const head = ["changed", "seeds", "fused, NDCG@10", "usual − changed", "alone, NDCG@10", "usual − changed"];
    const note = "Usual: `fused`; of a change that begins with `paper`, `paper`. History masked.";
    return ["", "### Parts changed", "", ...table(head, lines), "", note];
  }

  /** A pretrained language model beside the compact backbone: what it is worth, and what it says. */
  #language(): string[] {
    const rows = this.#rows.filter(({ group, name }) => group === "language" && this.#of(name).length > 0);
    if (rows.length === 0) return [];
    const usual = this.#rows.filter(({ name }) => name === "fused");
    const lines = [...usual, ...rows].map(({ name }) => {
      const said = this.#of(lineOf(name, "responses")).flatMap(({ responses }) => responses ?? []);
      return [
        name === "fused" ? "the compact backbone (`fused`)" : name,
        this.#of(name).length,
        ...["", "alone"].flatMap((ask) => [
          figure(this.#values(lineOf(name, ask), "masked", "NDCG@10")),
          this.#gap(lineOf("fused", ask), lineOf(name, ask), "masked", "NDCG@10"),
          figure(this.#values(lineOf(name, ask), "kept", "NDCG@10")),
        ]),
        ...["text", "hybrid"].map((way) =>
          figure(this.#values(lineOf(name, `alone retrieval=${way}`), "masked", "NDCG@10")),
        ),
        figure(said.map(({ valid }) => valid)),
        figure(said.map(({ right }) => right)),
        Math.round(mean(this.#of(name).map(({ seconds }) => seconds))),
        Math.round(Math.max(...this.#of(name).map(({ peakMemoryBytes }) => peakMemoryBytes)) / 2 ** 20),
      ];
    });
    const way = ["NDCG@10", "compact − it", "kept"];
    const ways = ["fused", "alone"].flatMap((name) => way.map((column) => `${name}, ${column}`));
    const head = ["", "seeds", ...ways, "text only", "hybrid", "valid", "right", "training, s", "memory, MB"];
    return ["", "### A pretrained language model", "", ...table(head, lines), "", LANGUAGE_NOTE];
  }

  #of(line: string): Result[] {
    return this.#results.filter(({ row, ask }) => lineOf(row, ask) === line);
  }

  #values(line: string, history: History, metric: string): number[] {
    const all = this.#of(line).map(({ masked, unmasked }) => (history === "masked" ? masked : unmasked));
    return all.flatMap((metrics) => (metrics === undefined || !(metric in metrics) ? [] : [metrics[metric]]));
  }

  #gap(a: string, b: string, history: History, metric: string): string {
    const { set } = this;
    const found = this.gaps.find(
      (gap) => gap.set === set && gap.history === history && gap.a === a && gap.b === b && gap.metric === metric,
    );
    if (found === undefined) return "";
    const text = `${signed(found.difference)} [${signed(found.low)}, ${signed(found.high)}]`;
    return found.low > 0 || found.high < 0 ? `**${text}**` : text;
  }

  /** Of a figure without users: the difference of means alone. */
  #plainGap(a: string, b: string, metric: string): string {
    const [left, right] = [this.#values(a, "masked", metric), this.#values(b, "masked", metric)];
    return left.length === 0 || right.length === 0 ? "" : signed(mean(left) - mean(right));
  }
}

function table(head: readonly string[], lines: readonly (readonly (string | number)[])[]): string[] {
  const row = (cells: readonly (string | number)[]) => `| ${cells.join(" | ")} |`;
  return [row(head), `|${head.map(() => "---").join("|")}|`, ...lines.map(row)];
}

function signed(value: number): string {
  return `${value < 0 ? "−" : "+"}${short(Math.abs(value))}`;
}
