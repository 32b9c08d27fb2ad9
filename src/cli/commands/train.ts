/** `deftrec train --data DATA --model NAME --out RUN`: trains all stages of a model into a run directory. */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { ConfigError, DataError, describeConfig, didYouMean, parseConfig } from "#base";
import { FIT_ON, findModel, models, type TrainSummary, trainRun } from "#experiment";
import { defineCommand } from "../command.ts";
import { choice, integer, memory, needed, onOff, text } from "../flags.ts";
import { type GivenSettings, merged, type Settings } from "../settings.ts";
import { flagNames, importing, importingOf, maskHistory, optionsOf, splitting, splittingOf } from "../shared-flags.ts";
import { bytes, count, duration, figure } from "../words.ts";

const flags = {
  data: text("DATA", "a prepared dataset, or any source that import reads"),
  model: text("NAME", "the model to train, see below"),
  out: needed(text("RUN", "the run directory to make")),
  seed: integer("seed of everything random (default: 1)"),
  resume: onOff("continue the interrupted run at --out, or start it", false),
  // Without a fallback: a resumed run keeps its own.
  maskHistory: { ...maskHistory, fallback: undefined, negatable: true },
  memory: memory("what a stage may take at once (default: half of the machine's)"),
  ...splitting,
  fitOn: choice(FIT_ON, "what is fitted in the end; more than train takes over what a fit on train chose"),
  textEncoder: text(
    "DIR",
    "a sentence encoder (model.onnx, tokenizer.json) or language model, for models with this option",
  ),
  llm: text("MODEL", "a pretrained language model (directory, GGUF file or hub id), for models with the option llm"),
  ...importing,
};

export const train = defineCommand({
  name: "train",
  group: "Models",
  summary: "train a model; Ctrl-C keeps a checkpoint that --resume continues",
  flags,
  configurable: true,
  stops: true,
  notes: modelNotes,
  async run({
    flags: { out, data, model, seed, resume, maskHistory: mask, memory, fitOn, textEncoder, llm, ...rest },
    settings,
    runtime,
    emit,
    signal,
  }) {
    const summary = await trainRun({
      out,
      data,
      model,
      seed,
      resume,
      maskHistory: mask,
      split: splittingOf(rest),
      fitOn,
      config: {
        ...configOf(model, settings),
        ...(textEncoder !== undefined && { textEncoder: placeOf(textEncoder) }),
        ...(llm !== undefined && { llm: placeOf(llm) }),
      },
      importing: importingOf(rest),
      runtime,
      memoryBytes: memory,
      emit,
      signal,
    });
    return { json: summary, text: summaryText(summary) };
  },
});

/** A path, from wherever the run is opened; what does not lie here may be an id of the hub. */
function placeOf(model: string): string {
  return existsSync(model) ? resolve(model) : model;
}

/** The model's options: those of the file that are no flags of ours, and over them those of --set. */
function configOf(model: string | undefined, given: GivenSettings): Settings {
  if (given.file === undefined) return given.set;
  const own = optionsOf(given, flags);
  expectGood(model, given.file.path, own);
  return merged(own, given.set);
}

const FLAGS = flagNames(flags);

/** A file's mistakes are said of the file: a misspelt key is usage, a bad value is bad data. */
function expectGood(model: string | undefined, path: string, options: Settings): void {
  const schema = model === undefined ? undefined : findModel(model).config;
  const known = [...Object.keys(schema?.shape ?? {}), ...FLAGS];
  const unknown = Object.keys(options).find((key) => !known.includes(key) && (schema || didYouMean(key, FLAGS)));
  if (unknown !== undefined) {
    const own = schema === undefined ? "" : ` Options of ${model}: ${Object.keys(schema.shape).join(", ")}.`;
    throw new ConfigError(`${path}: unknown key "${unknown}"${didYouMean(unknown, known) || "."}${own}`, {
      code: "unknown-key",
      file: path,
      field: unknown,
    });
  }
  if (schema === undefined) return;
  try {
    parseConfig(schema, options, path);
  } catch (cause) {
    if (!(cause instanceof ConfigError)) throw cause;
    const { code, field } = cause;
    if (code === "unknown-key") throw new ConfigError(cause.message, { code, field, file: path, cause });
    throw new DataError(cause.message, { code, field, file: path, cause });
  }
}

function summaryText({ run, model, dataset, stages, best, seconds, peakMemoryBytes }: TrainSummary): string {
  const parts = stages.map(({ name, steps, seconds: spent }) => {
    return `  ${name}: ${steps > 0 ? `${count(steps)} steps, ` : ""}${duration(spent)}`;
  });
  return [
    `${run}: ${model} on ${dataset}, ${best.metric} on validation ${figure(best.value)}, ${duration(seconds)}, ${bytes(peakMemoryBytes)} at most`,
    ...parts,
    "",
    `Next: deftrec evaluate ${run}`,
    `      deftrec recommend ${run} --user USER`,
  ].join("\n");
}

/** All models and their options, from the one place where they are declared. */
function modelNotes(): string {
  const lines = Object.entries(models()).flatMap(([name, { summary, config }]) => [
    `  ${name}: ${summary}`,
    ...describeConfig(config).map(
      (option) => `      ${option.name} (${option.type}, ${JSON.stringify(option.default)}): ${option.description}`,
    ),
  ]);
  return ["Models, and what --set and --config may say of them:", ...lines].join("\n");
}
