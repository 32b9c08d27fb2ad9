import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { InterruptedError } from "#base";
import { Catalogue } from "#data";
import { LanguageModel } from "#llm";
import { toFloat16 } from "#tensor";
import { writeTinyLanguageModel } from "../../../test/suites/tiny-language-model.ts";
import { LanguageStates } from "./language-states.ts";

const runtime = { device: "cpu", threads: 1 } as const;
const catalogue = new Catalogue(
  ["Red Nail Polish", "Soap", "A very long title that is cut somewhere", "Brush\n\twide", "", "Comb"].map(
    (title, at) => {
      return { item: `i${at}`, title };
    },
  ),
);

let folder = "";
let model = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "deftrec-language-states-"));
  model = await writeTinyLanguageModel(join(folder, "model"));
});
afterAll(() => rm(folder, { recursive: true }));
beforeEach(() => vi.stubEnv("DEFTREC_CACHE", join(folder, `cache-${expect.getState().currentTestName}`)));
afterEach(() => vi.unstubAllEnvs());

async function opened(signal?: { readonly aborted: boolean }) {
  const emit = vi.fn();
  const options = { model, precision: "float32", titleTokens: 20 } as const;
  return { states: await LanguageStates.open(options, catalogue, { runtime, emit, signal }), emit };
}

/** What the model says of a text's last token. */
async function stateOf(text: string): Promise<Uint16Array> {
  await using language = await LanguageModel.open(model, { runtime });
  const ids = language.texts.tokenizer.tokens(text);
  const [hidden] = await language.states([ids]);
  return toFloat16(hidden.slice(-language.config.dim));
}

/** float16 that rounding may have moved by a step. */
function expectClose(actual: Uint16Array, expected: Uint16Array): void {
  expect(actual.length).toBe(expected.length);
  actual.forEach((bits, at) => {
    expect(Math.abs(bits - expected[at])).toBeLessThanOrEqual(2);
  });
}

test("an item's state is the model's at the end of its line, titles cut by tokens, behind the lines before", async () => {
  const { states } = await opened();
  await using _ = states;
  const [read] = await states.read([[1, 3, 4, 5]], 20);
  const { dim } = states;
  const lead = "Chosen by one customer, oldest first:\n";
  const lines = ["- Red Nail Polish\n", "- A very long title \n", "- Brush wide\n", "- (no title)\n"];
  for (const [at] of lines.entries()) {
    const expected = await stateOf(lead + lines.slice(0, at + 1).join(""));
    expectClose(read.subarray(at * dim, (at + 1) * dim), expected);
  }
});

test("states of a history are those of its beginnings, and none is computed twice", async () => {
  const { states, emit } = await opened();
  await using _ = states;
  const long = Array.from({ length: 150 }, (_, at) => 1 + ((at * 7) % 6));
  const [whole] = await states.read([long], long.length);
  const times = emit.mock.calls.length;
  const { dim } = states;
  const beginnings = [1, 63, 64, 65, 96, 97, 149].map((length) => long.slice(0, length));
  const read = await states.read(beginnings, 20);
  expect(emit.mock.calls.length).toBe(times);
  beginnings.forEach(({ length }, row) => {
    expect(read[row]).toEqual(whole.subarray(Math.max(0, length - 20) * dim, length * dim));
  });
});

test("another opening finds what was read before; histories that begin alike are read as one", async () => {
  const histories = [[1, 2], [1, 2, 3, 4], [6], [], [1, 2, 3, 4]];
  const first = await opened();
  const read = await first.states.read(histories, 20);
  expect(first.emit).toHaveBeenLastCalledWith(expect.objectContaining({ done: 2, of: 2 }));
  await first.states[Symbol.asyncDispose]();
  const second = await opened();
  await using _ = second.states;
  expect(await second.states.read(histories, 20)).toEqual(read);
  expect(second.emit).not.toHaveBeenCalled();
  expect(second.states.files).toMatchObject([{ path: join(model, "model.safetensors") }]);
});

test("the same weights under another configuration are another model: its states are its own", async () => {
  const first = await opened();
  const [read] = await first.states.read([[1, 2, 3]], 20);
  await first.states[Symbol.asyncDispose]();
  const path = join(model, "config.json");
  const written = await readFile(path, "utf8");
  await writeFile(path, JSON.stringify({ ...JSON.parse(written), rope_theta: 7 }));
  try {
    const second = await opened();
    await using _ = second.states;
    const [other] = await second.states.read([[1, 2, 3]], 20);
    expect(second.emit).toHaveBeenCalled();
    expect(other).not.toEqual(read);
  } finally {
    await writeFile(path, written);
  }
});

test("histories of which each asks for its last items alone are told, whoever shares their beginning", async () => {
  const { states } = await opened();
  await using _ = states;
  const long = Array.from({ length: 40 }, (_, at) => 1 + (at % 6));
  const [short] = await states.read([long.slice(0, 30), long], 5); // the longer one tells 36..40, the shorter 26..30
  const { states: other } = await opened();
  await using __ = other;
  expectClose(short, (await other.read([long.slice(0, 30)], 5))[0]);
});

test("an interrupt stops between passes", async () => {
  const { states } = await opened({ aborted: true });
  await using _ = states;
  await expect(states.read([[1, 2]], 20)).rejects.toThrow(InterruptedError);
});
