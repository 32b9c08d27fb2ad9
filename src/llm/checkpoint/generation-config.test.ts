import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { specialTokensOf } from "./generation-config.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "deftrec-generation-config-"));
});
afterAll(() => rm(folder, { recursive: true }));

const KNOWN = { begin: 1, end: [2], pad: 3 };

async function told(content: unknown) {
  const text = typeof content === "string" ? content : JSON.stringify(content);
  await writeFile(join(folder, "generation_config.json"), text);
  return specialTokensOf(folder, KNOWN);
}

test("without the file, what config.json said stands", async () => {
  expect(await specialTokensOf(join(folder, "nowhere"), KNOWN)).toEqual(KNOWN);
});

test("what the file says comes first, one token that ends a text or several; what it leaves out stays", async () => {
  expect(await told({ eos_token_id: 7 })).toEqual({ begin: 1, end: [7], pad: 3 });
  expect(await told({ eos_token_id: [7, 8], bos_token_id: 0, temperature: 0.6 })).toEqual({
    begin: 0,
    end: [7, 8],
    pad: 3,
  });
  expect(await told({ eos_token_id: null, pad_token_id: 9 })).toEqual({ begin: 1, end: [2], pad: 9 });
});

test("a file that is damaged, or says something else, is named", async () => {
  const refused = async (content: unknown) => {
    const { name, message } = await told(content).then(
      () => expect.fail("it was read"),
      (error) => error,
    );
    return `${name}: ${message.replace(folder, "DIR")}`;
  };
  expect(await refused("{")).toMatchInlineSnapshot(
    `"CheckpointError: DIR/generation_config.json: this is not a generation configuration (Invalid input: expected object, received undefined)."`,
  );
  expect(await refused({ eos_token_id: "</s>" })).toMatchInlineSnapshot(
    `"CheckpointError: DIR/generation_config.json: this is not a generation configuration (Invalid input)."`,
  );
});
