/**
 * What `deftrec.ts` trains and asks: DeftRec's forms, the models beside them, and what is left when a part is changed.
 * A row is trained once a seed and asked in several ways; a row and a way are a line of the tables, "fused · alone".
 */

/** A way of asking a trained run. */
export interface Ask {
  /** "" for the run as it answers. */
  readonly name: string;
  readonly flags: readonly string[];
}

export interface Row {
  readonly name: string;
  readonly group: "main" | "baselines" | "ablations" | "language";
  readonly model: string;
  readonly flags: readonly string[];
  /** Its options beside the default's, KEY=VALUE, where that is all it differs by: then it shares stages with it. */
  readonly options?: readonly string[];
  readonly asks: readonly Ask[];
  /** The row that it is compared with, way by way; the default where it is absent. */
  readonly against?: string;
  /** Every question reads and writes again: only asked with the history masked. */
  readonly maskedOnly?: boolean;
  /** Training draws numbers. */
  readonly random: boolean;
  readonly needsText?: boolean;
  /** Only where it is named: too dear to be trained by the way. */
  readonly onDemand?: boolean;
  /** A file that it cannot do without. */
  readonly needsFile?: string;
}

/** Logs whose texts say something: LastFM's are artists' names alone. */
const WORDLESS = ["lastfm"];
/** Logs whose items have categories that say something: responses can be right. */
const SPEAKING = ["software", "industrial"];
/** Logs small enough for dozens of trainings. */
const ABLATED = ["software", "lastfm"];
const PAPER = "examples/deftrec-paper.yaml";

const whole: Ask = { name: "", flags: [] };
const alone: Ask = { name: "alone", flags: ["--expert", "generator"] };
const both = [whole, alone];
/** What it says in words, held against the hidden item's category. */
const responses: Ask = { name: "responses", flags: ["--responses"] };
/** The two halves of a hybrid: by the response's likelihood alone, and both together. */
const retrievals: readonly Ask[] = ["text", "hybrid"].map((way) => ({
  name: `alone retrieval=${way}`,
  flags: [...alone.flags, "--set", `retrieval=${way}`],
}));

/** Answering with other options, together and alone. */
function said(...options: readonly string[]): Ask[] {
  return both.map(({ name, flags }) => ({
    name: [...(name === "" ? [] : [name]), ...options].join(" "),
    flags: [...flags, ...options.flatMap((option) => ["--set", option])],
  }));
}

/** What lies outside: the directory of a sentence encoder, a pretrained language model. */
export interface Beside {
  readonly encoder?: string;
  readonly llm?: string;
}

/** The rows that a log is measured by. */
export function rowsOf(set: string, { encoder, llm }: Beside = {}): Row[] {
  const words = !WORDLESS.includes(set);
  const sentences = encoder !== undefined && words ? ["--text-encoder", encoder] : [];
  const ablated = ABLATED.includes(set);
  return [
    ...main(sentences, ablated, SPEAKING.includes(set) && llm !== undefined),
    ...baselines(sentences),
    ...(ablated ? ablations(sentences) : []),
    ...(llm === undefined ? [] : language(sentences, llm, SPEAKING.includes(set))),
  ].filter(({ needsText = false }) => words || !needsText);
}

function main(sentences: readonly string[], ablated: boolean, speaks: boolean): Row[] {
  const deftrec = (name: string, options: readonly string[], asks: readonly Ask[], more: Partial<Row> = {}): Row => ({
    name,
    group: "main",
    model: "deftrec",
    flags: [...set(...options), ...sentences],
    options,
    asks,
    random: true,
    ...more,
  });
  const answers = ["samplingSteps=5", "samplingSteps=10", "samplingSteps=50", "samples=4", "guidance=1", "guidance=2"];
  const several = [...said("samples=16"), ...said("samplingSteps=10", "samples=16")];
  const more = ablated ? [...several, ...answers.flatMap((option) => said(option))] : [];
  const fused = [...both, ...more, ...(speaks ? [responses] : [])];
  const oneStep = ablated ? [...both, ...said("samples=16")] : both;
  return [
    deftrec("default", [], [whole]),
    deftrec("one fit", ["rerankFolds=1", "rerankTargets=1"], [whole]),
    deftrec("fused", ["rerank=false"], fused),
    deftrec("one-step", ["rerank=false", "generator=one-step"], oneStep, { against: "fused" }),
    deftrec("fast", ["generator=none"], [whole], { options: undefined }),
    deftrec("paper", [], both, {
      flags: ["--config", PAPER, ...sentences],
      options: undefined,
      against: "fused",
      needsFile: PAPER,
    }),
  ];
}

function baselines(sentences: readonly string[]): Row[] {
  const model = (name: string, flags: readonly string[] = [], more: Partial<Row> = {}): Row => ({
    name,
    group: "baselines",
    model: name.split(" ")[0],
    flags,
    asks: [whole],
    random: false,
    ...more,
  });
  const text = set("text=true");
  return [
    model("popularity"),
    model("transitions"),
    model("transitions + text", text, { needsText: true }),
    ...(sentences.length === 0
      ? []
      : [model("transitions + text + sentences", [...text, ...sentences], { needsText: true })]),
    model("ease"),
    model("lightgcn", [], { random: true }),
    model("sasrec", [], { random: true, onDemand: true }),
  ];
}

/** Short prompts, one pass: what two cores read in half an hour. */
const LORA = ["llmMode=lora", "titleTokens=8", "maxLength=10", "llmEpochs=1"];

/** A pretrained language model that reads the histories. */
function language(sentences: readonly string[], llm: string, speaks: boolean): Row[] {
  const row = (name: string, options: readonly string[], asks: readonly Ask[] = [], more: Partial<Row> = {}): Row => ({
    name,
    group: "language",
    model: "deftrec",
    flags: [...set("rerank=false", ...options), "--llm", llm, ...sentences],
    asks: [...both, ...asks, ...(speaks ? [responses] : [])],
    against: "fused",
    random: true,
    onDemand: true,
    ...more,
  });
  return [
    row("llm frozen", ["llmMode=frozen"]),
    row("llm lora", LORA, speaks ? retrievals : []),
    row("llm lora generated", [...LORA, "reasoning=generated", "reasoningTargets=1"], [], { maskedOnly: true }),
    row("llm lora oracle", [...LORA, "reasoning=oracle", "reasoningTargets=1"], [], { maskedOnly: true }),
  ];
}

function ablations(sentences: readonly string[]): Row[] {
  const changed = (...options: readonly string[]): Row => ({
    name: options.join(" "),
    group: "ablations",
    model: "deftrec",
    flags: [...set("rerank=false", ...options), ...sentences],
    options: ["rerank=false", ...options],
    asks: both,
    against: "fused",
    random: true,
  });
  return [
    ...["ways=1", "ways=4", "mask=0", "noise=0", "negatives=64", "negatives=2048"].map((option) => changed(option)),
    ...["reconstruction=0", "languageModelWeight=0", "nullShare=0", "queryStart=none"].map((option) => changed(option)),
    ...["tokenizer=mq", "tokenizer=rq"].map((option) => changed(option)),
    {
      ...changed("paper pairWeight=0"),
      flags: ["--config", PAPER, ...set("pairWeight=0"), ...sentences],
      options: undefined,
      against: "paper",
      needsFile: PAPER,
    },
  ];
}

function set(...options: readonly string[]): string[] {
  return options.flatMap((option) => ["--set", option]);
}

/** How a row asked in some way is called in results and tables. */
export function lineOf(row: string, ask: string): string {
  return ask === "" ? row : `${row} · ${ask}`;
}

/**
 * What a line is compared with: the default; an ablation also with what it is a change of, asked the same way; another way of
 * answering with the usual one.
 */
export function referencesOf({ name, group, against }: Row, { name: ask }: Ask): string[] {
  if (ask === responses.name) return [];
  const found: string[] = [];
  if ((group === "main" || group === "baselines") && !ask.includes("=")) found.push("default");
  // Only a language model answers by its words.
  if (against !== undefined && !ask.includes("retrieval=")) found.push(lineOf(against, ask));
  if (ask.includes("=")) found.push(lineOf(name, ask.startsWith("alone") ? "alone" : ""));
  return found.filter((line) => line !== lineOf(name, ask));
}
