import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { LanguageModel } from "#llm";
import { commandLine, deftrec } from "../../../test/fixtures/command-line.ts";
import { writeModel } from "../../../test/suites/checkpoint-writer.ts";
import { goldenOf, missingModel, modelPath } from "../../../test/suites/shared-models.ts";
import { writeTinyLanguageModel } from "../../../test/suites/tiny-language-model.ts";

let folder = "";
let model = "";
let wordless = "";
let empty = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "deftrec-llm-command-"));
  model = await writeTinyLanguageModel(join(folder, "model"));
  wordless = join(folder, "wordless");
  await writeModel(wordless);
  empty = join(folder, "empty");
  await mkdir(empty);
});
afterAll(() => rm(folder, { recursive: true }));

const line = (...words: string[]) => commandLine(["llm", ...words, "--threads", "1"]);

async function answered(...words: string[]) {
  const { code, stdout, stderr } = await line(...words, "--json");
  expect(code === 0 ? "" : stderr).toBe("");
  return JSON.parse(stdout);
}

async function refused(...words: string[]): Promise<string> {
  const { code, stderr } = await line(...words);
  return `${code} ${stderr.replaceAll(`${folder}/`, "").trim()}`;
}

test("as JSON it says what was written, what else could have been, and how surprising the prompt was", async () => {
  const found = await answered(model, "--prompt", "abc", "--max-tokens", "5", "--ignore-stop");
  await using language = await LanguageModel.open(model, { runtime: { device: "cpu", threads: 1 } });
  const { tokenizer } = language.texts;
  expect(found.promptTokens).toEqual(tokenizer.tokens("abc"));
  expect(found.tokens).toHaveLength(5);
  expect(found.text).toBe(tokenizer.textOf(found.tokens));
  const { surprises, logits } = await language.score(found.promptTokens);
  expect(found.nll).toBeCloseTo((surprises[0] + surprises[1]) / 2, 6);
  expect(found.top).toHaveLength(10);
  expect(found.top[0][0]).toBe(found.tokens[0]);
  for (const [id, logit] of found.top) expect(logit).toBeCloseTo(logits[id], 5);
  expect(found.promptTokensPerSecond).toBeGreaterThan(0);
  expect(found.decodeTokensPerSecond).toBeGreaterThan(0);
  expect(found.memoryBytes).toBeGreaterThan(1e7);
});

test("for people the text comes on stdout and nothing else, figures on stderr", async () => {
  const words = [model, "--prompt", "abc", "--max-tokens", "4", "--ignore-stop"];
  const { text } = await answered(...words);
  const { code, stdout, stderr } = await line(...words);
  expect(code).toBe(0);
  expect(stdout.trimEnd()).toBe(text.trimEnd());
  expect(stderr).toMatch(/parameters, \d+ kB of weights and \d+ kB for every 1,000 tokens read\./);
  expect(stderr).toMatch(
    /prompt: 3 tokens, [\d,]+ a second; written: 4 tokens, [\d,]+ a second; memory: [\d.]+ [MG]B at most/,
  );
});

test("tokens are continued as a text of the same tokens is; one token has no likelihood; nothing needs to be written", async () => {
  const byText = await answered(model, "--prompt", "<|turn|>ab", "--max-tokens", "3", "--ignore-stop");
  const byIds = await answered(model, "--tokens", byText.promptTokens.join(","), "--max-tokens", "3", "--ignore-stop");
  expect(byIds.tokens).toEqual(byText.tokens);
  expect(byText.promptTokens[0]).toBe(1); // the special token, not its letters
  const nothing = await answered(model, "--tokens", "7", "--max-tokens", "0");
  expect(nothing).toMatchObject({ tokens: [], text: "", nll: null, decodeTokensPerSecond: null });
});

test("a model without a tokenizer continues ids, and says ids", async () => {
  const found = await answered(wordless, "--tokens", "1,2,3", "--max-tokens", "4", "--ignore-stop");
  expect(found.text).toBeNull();
  const { stdout } = await line(wordless, "--tokens", "1,2,3", "--max-tokens", "4", "--ignore-stop");
  expect(stdout.trim()).toBe(found.tokens.join(","));
});

test("a message goes through the model's chat template", async () => {
  const { promptTokens } = await answered(model, "--chat", "--prompt", "hi", "--max-tokens", "1");
  await using language = await LanguageModel.open(model, { runtime: { device: "cpu", threads: 1 } });
  expect(language.texts.tokenizer.textOf(promptTokens)).toBe("<|turn|>user: hi<|end|><|turn|>assistant: ");
});

test("draws follow from the seed", async () => {
  const words = [model, "--prompt", "abc", "--max-tokens", "12", "--temperature", "2", "--ignore-stop"];
  const [first, again, other] = [
    await answered(...words),
    await answered(...words),
    await answered(...words, "--seed", "2"),
  ];
  expect(again.tokens).toEqual(first.tokens);
  expect(other.tokens).not.toEqual(first.tokens);
});

test("Ctrl-C ends the text where it is, in good order", async () => {
  const words = ["llm", model, "--prompt", "abc", "--max-tokens", "4000", "--ignore-stop", "--threads", "1"];
  const { code, stdout, stderr } = await deftrec(words, (line, child) => {
    if (line.includes("parameters")) child.stdout?.once("data", () => child.kill("SIGINT"));
  });
  expect(stderr).toContain("stopped: interrupted");
  expect(code).toBe(130);
  expect(stdout).toMatch(/.\n$/);
});

test("a model without a chat template says that it has none", async () => {
  const bare = await writeTinyLanguageModel(join(folder, "bare"));
  await rm(join(bare, "tokenizer_config.json"));
  expect(await refused(bare, "--chat", "--prompt", "hi")).toMatchInlineSnapshot(`
    "2 bare: 26,848 parameters, 107 kB of weights and 256 kB for every 1,000 tokens read.
    error: bare: this model has no chat template; --chat has nothing to put the prompt through.
      Leave --chat out, and write the prompt as the model's card says."
  `);
});

test("what cannot be done is said, with what to do", async () => {
  expect(await refused(model)).toMatchInlineSnapshot(`
    "2 error: llm: expected --prompt TEXT or --tokens ID,ID,…, one of the two, got neither.
      See: deftrec llm --help"
  `);
  expect(await refused(model, "--prompt", "a", "--tokens", "1")).toMatchInlineSnapshot(`
    "2 error: llm: expected --prompt TEXT or --tokens ID,ID,…, one of the two, got both.
      See: deftrec llm --help"
  `);
  expect(await refused(join(folder, "nowhere"), "--prompt", "a")).toMatchInlineSnapshot(`
    "3 error: nowhere: there is no such file or directory.
      Expected a model's directory, a GGUF file, or a hub id such as HuggingFaceTB/SmolLM2-135M-Instruct."
  `);
  expect(await refused(empty, "--prompt", "a")).toMatchInlineSnapshot(`
    "3 error: empty: no weights lie here. Expected model.safetensors, its shards with model.safetensors.index.json, or a GGUF file.
      Fetch the whole model."
  `);
  expect(await refused(wordless, "--prompt", "a")).toMatchInlineSnapshot(`
    "3 wordless: 19,872 parameters, 79 kB of weights and 256 kB for every 1,000 tokens read.
    error: wordless: this model has no text tokenizer. Expected a tokenizer.json beside its weights.
      Put the model's tokenizer.json there, or give token ids."
  `);
  expect(await refused(wordless, "--tokens", "1,99")).toMatchInlineSnapshot(`
    "3 wordless: 19,872 parameters, 79 kB of weights and 256 kB for every 1,000 tokens read.
    error: token 99 is not in the vocabulary of wordless: expected 0 to 39."
  `);
  expect(await refused(wordless, "--tokens", "1,x")).toMatchInlineSnapshot(`
    "2 error: --tokens: expected whole numbers from 0 up with commas between them, got "1,x".
      See: deftrec llm --help"
  `);
  expect(await refused(model, "--prompt", "")).toMatchInlineSnapshot(`
    "2 model: 26,848 parameters, 107 kB of weights and 256 kB for every 1,000 tokens read.
    error: model: the prompt has no tokens; expected one at least.
      See: deftrec llm --help"
  `);
  expect(await refused(model, "--prompt", "abc", "--max-tokens", "5000")).toMatchInlineSnapshot(`
    "2 model: 26,848 parameters, 107 kB of weights and 256 kB for every 1,000 tokens read.
    error: model: 3 tokens of prompt and 5000 to write are more than the 4096 that this model was trained to read.
      Shorten the prompt, or write fewer tokens."
  `);
  expect(await refused(model, "--tokens", "1,2", "--chat")).toMatchInlineSnapshot(`
    "2 error: llm: --chat puts a --prompt through the model's template; --tokens stand as they are.
      See: deftrec llm --help"
  `);
  expect(await refused(model, "--prompt", "a", "--temperature", "-1")).toMatchInlineSnapshot(`
    "2 error: --temperature: expected a number from 0 up, got "-1".
      See: deftrec llm --help"
  `);
  expect(await refused(model, "--prompt", "a", "--top-p", "2")).toMatchInlineSnapshot(`
    "2 error: --top-p: expected a number from 0 to 1, got "2".
      See: deftrec llm --help"
  `);
});

interface TinyGolden {
  readonly ids: readonly (readonly number[])[];
  readonly logits_row0_last: readonly number[];
  /** A prompt of eight tokens and sixteen that follow. */
  readonly greedy: readonly number[];
}

const KEYS = [["llama"], ["llama3-rope"], ["qwen2"], ["qwen3"], ["llama", "llama-lora"]].map(([name, key = name]) => {
  return { name, key };
});
test.skipIf(missingModel("tiny") !== undefined).each(KEYS)(
  "$name says what the answer key of $key says: logits and greedy tokens",
  async ({ name, key }) => {
    const golden = await goldenOf<TinyGolden>(`tiny/${key}`);
    const adapter = key === name ? [] : ["--adapter", modelPath(`tiny/${key}/adapter`)];
    const words = [modelPath(`tiny/${name}`), "--ignore-stop", ...adapter];
    const { top } = await answered(...words, "--tokens", golden.ids[0].join(","), "--max-tokens", "0");
    const order = [...golden.logits_row0_last.keys()].sort((a, b) => {
      return golden.logits_row0_last[b] - golden.logits_row0_last[a];
    });
    expect(top.map(([id]: readonly [number]) => id)).toEqual(order.slice(0, 10));
    for (const [id, logit] of top) expect(Math.abs(logit - golden.logits_row0_last[id])).toBeLessThan(1e-4);
    const [prompt, further] = [golden.greedy.slice(0, 8), golden.greedy.slice(8)];
    const { tokens } = await answered(...words, "--tokens", prompt.join(","), "--max-tokens", String(further.length));
    expect(tokens).toEqual(further);
  },
);

const missing = missingModel("smollm2-135m/golden.json");
describe.skipIf(missing !== undefined)(missing ?? "the real model", () => {
  test("gives the ids, logits, likelihood and words of its answer key", async () => {
    const { prompts } = await goldenOf<{ prompts: readonly Golden[] }>("smollm2-135m");
    const [{ prompt, ids, top10, nll, greedy, greedy_text: text }] = prompts;
    const count = String(greedy.length);
    const found = await answered(modelPath("smollm2-135m"), "--prompt", prompt, "--max-tokens", count, "--ignore-stop");
    expect(found.promptTokens).toEqual(ids);
    expect(found.nll).toBeCloseTo(nll, 3);
    expect(found.tokens).toEqual(greedy);
    expect(found.text).toBe(text);
    top10.forEach(([id, logit], at) => {
      expect(found.top[at][0]).toBe(id);
      expect(Math.abs(found.top[at][1] - logit)).toBeLessThan(2e-3);
    });
  });
});

interface Golden {
  readonly prompt: string;
  readonly ids: readonly number[];
  readonly top10: readonly (readonly [number, number])[];
  readonly nll: number;
  readonly greedy: readonly number[];
  readonly greedy_text: string;
}
