/** `deftrec llm MODEL`: reads a prompt and continues it: the way to check a checkpoint, its memory and its speed. */
import { ConfigError } from "#base";
import { runtimeOf, type Trial, tryPrompt } from "#experiment";
import { LanguageModel, type MemoryEstimate } from "#llm";
import { defineCommand } from "../command.ts";
import { choice, integer, integers, number, onOff, text, withDefault } from "../flags.ts";
import { bytes, count } from "../words.ts";

export const llm = defineCommand({
  name: "llm",
  group: "Models",
  summary: "load a language model and continue a prompt: what it says, its memory and speed",
  positionals: [
    {
      name: "model",
      help: "a model's directory, a GGUF file, or its id on the Hugging Face hub: owner/name[@revision][/FILE.gguf]",
    },
  ],
  stops: true,
  flags: {
    prompt: text("TEXT", "what to continue; special tokens written in it are recognised, nothing is added"),
    tokens: integers("what to continue, as token ids, instead of --prompt"),
    chat: onOff("the prompt is a message, put through the model's chat template", false),
    precision: withDefault(
      choice(
        ["float32", "int8", "packed"],
        "as exact as the weights; in 8 bits, the fastest; in the 4 or 8 bits of the file, the smallest",
      ),
      "float32",
    ),
    adapter: text("DIR", "a LoRA adapter, as PEFT writes it"),
    maxTokens: withDefault(integer("tokens to write at most"), 128),
    temperature: withDefault(number("0 takes the likeliest token, 1 draws as the model says", 0), 0),
    topK: integer("draw among so many of the likeliest tokens", 1),
    topP: number("draw among the likeliest tokens that together reach this probability", 0, 1),
    seed: withDefault(integer("seed of the draws"), 1),
    ignoreStop: onOff("write on past tokens that end a text", false),
  },
  notes: () =>
    [
      "Examples:",
      '  deftrec llm SmolLM2-135M-Instruct --chat --prompt "Name three tools for a garden."',
      '  deftrec llm HuggingFaceTB/SmolLM2-135M-Instruct --chat --prompt "Name three tools for a garden."',
      '  deftrec llm model.gguf --precision int8 --max-tokens 32 --prompt "The capital of France is"',
    ].join("\n"),
  async run({ positionals: [model], flags, runtime, emit, signal, print }) {
    if ((flags.prompt === undefined) === (flags.tokens === undefined)) {
      const got = flags.prompt === undefined ? "neither" : "both";
      throw new ConfigError(`llm: expected --prompt TEXT or --tokens ID,ID,…, one of the two, got ${got}.`, {
        code: "missing-option",
        field: "prompt",
      });
    }
    if (flags.chat && flags.prompt === undefined) {
      throw new ConfigError("llm: --chat puts a --prompt through the model's template; --tokens stand as they are.", {
        code: "bad-value",
        field: "chat",
      });
    }
    const { precision, adapter, ...asked } = flags;
    const announce = (memory: MemoryEstimate) => emit({ type: "message", text: announced(model, memory) });
    await using language = await LanguageModel.open(model, {
      runtime: runtimeOf(runtime),
      precision,
      adapter,
      announce,
      emit,
      signal,
    });
    let open = false; // a line of text that was begun and not ended
    const onText = (piece: string) => {
      open = true;
      print(piece);
    };
    const trial = await tryPrompt(language, { ...asked, signal, onText }).finally(() => open && print("\n"));
    const memoryBytes = process.resourceUsage().maxRSS * 1024;
    const shown = trial.text === null ? trial.tokens.join(",") : ""; // a text was printed as it came
    emit({ type: "message", text: figures(trial, memoryBytes) });
    return { json: { ...trial, memoryBytes }, text: shown };
  },
});

function announced(model: string, { parameters, weights, cachePerToken }: MemoryEstimate): string {
  return `${model}: ${count(parameters)} parameters, ${bytes(weights)} of weights and ${bytes(1000 * cachePerToken)} for every 1,000 tokens read.`;
}

function figures(trial: Trial, memoryBytes: number): string {
  const { promptTokens, tokens, promptTokensPerSecond, decodeTokensPerSecond } = trial;
  const speed = (value: number | null) => (value === null ? "" : `, ${count(Math.round(value))} a second`);
  return [
    `prompt: ${count(promptTokens.length)} tokens${speed(promptTokensPerSecond)}`,
    `written: ${count(tokens.length)} tokens${speed(decodeTokensPerSecond)}`,
    `memory: ${bytes(memoryBytes)} at most`,
  ].join("; ");
}
