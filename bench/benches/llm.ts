/** What llm-prompt and llm-decode share: SmolLM2-135M out of one GGUF file (../shared/models), opened once for each precision. */
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { LanguageModel, type Precision } from "#llm";
import { type Arrays, int32 } from "#tensor";
import type { Setup, Subject } from "../bench.ts";

// Compiled, this file lies in bench/.build/benches/.
const FOLDER = new URL("../../../../shared/models/smollm2-135m/", import.meta.url);
const GGUF = fileURLToPath(new URL("SmolLM2-135M-Instruct.Q4_1.gguf", FOLDER));

/** Tokens of a text that is said again and again: what comes next is beyond doubt, however it is rounded. */
const REPEATED = 24;

/** `count` tokens of English. */
export async function promptOf(count: number): Promise<Arrays> {
  const golden: { readonly prompts: readonly { readonly ids: readonly number[] }[] } = JSON.parse(
    await readFile(new URL("golden.json", FOLDER), "utf8"),
  );
  const longest = golden.prompts.map(({ ids }) => ids).reduce((a, b) => (a.length >= b.length ? a : b));
  const ids = Int32Array.from({ length: count }, (_, at) => longest[at % REPEATED]);
  return { ids: int32(ids, [count]) };
}

/** What the twin is told beside the arrays. */
export function peerOptions(): Readonly<Record<string, unknown>> {
  return { model: GGUF };
}

/** Our side at a precision: `step` does the work once. */
export async function modelSubject(
  precision: Precision,
  { ids }: Arrays,
  { runtime }: Setup,
  step: (model: LanguageModel, ids: readonly number[]) => Promise<Step>,
): Promise<Subject> {
  const model = await LanguageModel.open(GGUF, { precision, runtime });
  const prompt = Array.from(ids.data, Number);
  return {
    async run(steps) {
      const results: Step[] = [];
      for (let count = 0; count < steps; count++) results.push(await step(model, prompt));
      return {
        milliseconds: results.map(({ milliseconds }) => milliseconds),
        processor: results.map(({ processor }) => processor),
        values: results.map(({ value }) => value),
      };
    },
    [Symbol.asyncDispose]: () => model[Symbol.asyncDispose](),
  };
}

/** One step: the clock's milliseconds, the processors', and the first token that was written. */
export interface Step {
  readonly milliseconds: number;
  readonly processor: number;
  readonly value: number;
}

/** Writes `count` tokens behind each of `rows` prompts; the clock starts before the prompt, or behind the first token. */
export async function written(
  model: LanguageModel,
  rows: readonly (readonly number[])[],
  count: number,
  from: "prompt" | "first token",
): Promise<Step> {
  let [start, used] = [performance.now(), process.cpuUsage()];
  let value: number | undefined;
  for await (const { tokens } of model.generate(rows, { maxTokens: count, stop: [] })) {
    if (value !== undefined) continue;
    value = tokens[0];
    if (from === "first token") [start, used] = [performance.now(), process.cpuUsage()];
  }
  const { user, system } = process.cpuUsage(used);
  return { milliseconds: performance.now() - start, processor: (user + system) / 1000, value: value ?? -1 };
}
