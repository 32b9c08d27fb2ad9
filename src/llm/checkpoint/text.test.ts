import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { SMALL_MODEL, writeModel } from "../../../test/suites/checkpoint-writer.ts";
import { writeGguf } from "../../../test/suites/gguf-writer.ts";
import { BYTE_TOKENIZER } from "../../../test/suites/tiny-language-model.ts";
import { openCheckpoint } from "./open.ts";
import type { Checkpoint } from "./source.ts";
import { openText } from "./text.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "deftrec-model-text-"));
});
afterAll(() => rm(folder, { recursive: true }));

let made = 0;
/** A model's directory with these files beside its weights. */
async function directoryWith(files: Readonly<Record<string, unknown>>): Promise<string> {
  const directory = join(folder, `model-${made++}`);
  await writeModel(directory, { ...SMALL_MODEL, vocabulary: 258 });
  for (const [name, content] of Object.entries(files)) {
    await writeFile(join(directory, name), typeof content === "string" ? content : JSON.stringify(content));
  }
  return directory;
}

async function textIn(directory: string) {
  await using checkpoint = await openCheckpoint(directory);
  return openText(checkpoint);
}

/** What a directory's template makes of one message. */
async function rendered(files: Readonly<Record<string, unknown>>): Promise<string | undefined> {
  const text = await textIn(await directoryWith({ "tokenizer.json": BYTE_TOKENIZER, ...files }));
  return text?.template?.render([{ role: "user", content: "hi" }]);
}

const SAID = "{% for m in messages %}{{ m.content }}{% endfor %}";

test("without a tokenizer there is no text half; without a template there is one without it", async () => {
  expect(await textIn(await directoryWith({}))).toBeUndefined();
  expect(await rendered({})).toBeUndefined();
  expect(await rendered({ "tokenizer_config.json": {} })).toBeUndefined();
});

test("the template's own file comes before tokenizer_config.json's, of which the one called default is for conversations", async () => {
  const inConfig = { chat_template: `config ${SAID}` };
  expect(await rendered({ "tokenizer_config.json": inConfig })).toBe("config hi");
  expect(await rendered({ "tokenizer_config.json": inConfig, "chat_template.jinja": `file ${SAID}` })).toBe("file hi");
  const several = [
    { name: "tool_use", template: "tools" },
    { name: "default", template: `default ${SAID}` },
  ];
  expect(await rendered({ "tokenizer_config.json": { chat_template: several } })).toBe("default hi");
});

test("special tokens reach the template, written as texts or as objects", async () => {
  const config = {
    bos_token: "<s>",
    eos_token: { content: "</s>", lstrip: false },
    unk_token: null,
    chat_template: `{{ bos_token }}${SAID}{{ eos_token }}`,
  };
  expect(await rendered({ "tokenizer_config.json": config })).toBe("<s>hi</s>");
});

test("a damaged tokenizer_config.json is named", async () => {
  const directory = await directoryWith({ "tokenizer.json": BYTE_TOKENIZER, "tokenizer_config.json": "{" });
  const { message } = await textIn(directory).then(
    () => expect.fail("it was read"),
    (error) => error,
  );
  expect(message.replace(directory, "DIR")).toMatchInlineSnapshot(
    `"DIR/tokenizer_config.json: this file is not JSON. Fetch it again, whole."`,
  );
});

test("a GGUF file brings vocabulary and template; a tokenizer.json beside it comes first", async () => {
  const directory = join(folder, "gguf");
  await mkdir(directory);
  const path = join(directory, "model.gguf");
  await writeGguf(
    path,
    {
      "tokenizer.ggml.model": "gpt2",
      "tokenizer.ggml.tokens": ["<s>", "</s>", "a", "b", "ab"],
      "tokenizer.ggml.token_type": [3, 3, 1, 1, 1],
      "tokenizer.ggml.merges": ["a b"],
      "tokenizer.ggml.bos_token_id": 0,
      "tokenizer.ggml.eos_token_id": 1,
      "tokenizer.chat_template": `{{ bos_token }}${SAID}{{ eos_token }}`,
    },
    {},
  );
  const checkpoint = { files: [path] } as unknown as Checkpoint; // as: of a checkpoint only its files are asked for
  const inside = await openText(checkpoint);
  expect(inside?.tokenizer.tokens("ab<s>b")).toEqual([4, 0, 3]);
  expect(inside?.template?.render([{ role: "user", content: "hi" }])).toBe("<s>hi</s>");
  await writeFile(join(directory, "tokenizer.json"), JSON.stringify(BYTE_TOKENIZER));
  const beside = await openText(checkpoint);
  expect(beside?.tokenizer.tokens("ab")).toHaveLength(2);
  expect(beside?.template?.render([{ role: "user", content: "hi" }])).toBe("<s>hi</s>"); // still the file's
});
