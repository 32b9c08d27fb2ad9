import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { InterruptedError } from "#base";
import { Key } from "#random";
import { SMALL_MODEL, writeModel } from "../../test/suites/checkpoint-writer.ts";
import { goldenOf, missingModel, modelPath } from "../../test/suites/shared-models.ts";
import { TokenTrie } from "./generation/constraint.ts";
import type { GeneratedStep } from "./generation/generate.ts";
import { topTokens } from "./generation/sampling.ts";
import { LanguageModel } from "./language-model.ts";

const runtime = { device: "cpu", threads: 1 } as const;

let folder = "";
let model: LanguageModel;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "deftrec-llm-"));
  await writeModel(join(folder, "small"), { ...SMALL_MODEL, type: "qwen3", keyValueHeads: 1, tied: false });
  model = await LanguageModel.open(join(folder, "small"), { runtime });
});
afterAll(async () => {
  await model[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

/** The tokens of each row. */
async function tokensOf(steps: AsyncIterable<GeneratedStep>, rows: number): Promise<number[][]> {
  const texts: number[][] = Array.from({ length: rows }, () => []);
  for await (const { tokens } of steps) {
    tokens.forEach((token, row) => {
      if (token !== undefined) texts[row].push(token);
    });
  }
  return texts;
}

const FREE = { stop: [] } as const;

test("what is generated behind a cache is what reading the whole text anew would choose", async () => {
  const prompt = [1, 5, 9, 30];
  const [text] = await tokensOf(model.generate([prompt], { maxTokens: 80, ...FREE }), 1); // past the cache's first 64 places
  expect(text.length).toBe(80);
  const ids = [...prompt, ...text];
  for (const length of [4, 5, 30, 63, 64, 65, 83]) {
    const { logits } = await model.score(ids.slice(0, length));
    expect(topTokens(logits, 1)[0][0], `after ${length} tokens`).toBe(ids[length]);
  }
});

test("a prompt alone, or among longer ones and shorter ones, goes on the same; rows end on their own", async () => {
  const prompts = [[3], [7, 8, 9, 10, 11, 12, 13], [4, 2]];
  const together = await tokensOf(model.generate(prompts, { maxTokens: 12, ...FREE }), 3);
  for (const [row, prompt] of prompts.entries()) {
    const [alone] = await tokensOf(model.generate([prompt], { maxTokens: 12, ...FREE }), 1);
    expect(together[row]).toEqual(alone);
  }
  const stop = [together[1][4]];
  const stopped = await tokensOf(model.generate(prompts, { maxTokens: 12, stop }), 3);
  stopped.forEach((text, row) => {
    const end = together[row].indexOf(stop[0]);
    expect(text).toEqual(end < 0 ? together[row] : together[row].slice(0, end));
  });
});

test("states of texts read together are those of each read alone, which are those that scoring tells", async () => {
  const texts = [[3], [7, 8, 9, 10, 11, 12, 13], [4, 2], [], [1, 2, 3, 4, 5, 6]];
  const together = await model.states(texts);
  for (const [row, ids] of texts.entries()) {
    const alone = ids.length === 0 ? new Float32Array(0) : (await model.score(ids)).hidden;
    expect(together[row].length).toBe(alone.length);
    alone.forEach((value, at) => {
      expect(Math.abs(together[row][at] - value)).toBeLessThan(1e-5);
    });
  }
});

test("vectors go on as their tokens do", async () => {
  const prompt = [1, 2, 3];
  const [byIds] = await tokensOf(model.generate([prompt], { maxTokens: 6, ...FREE }), 1);
  const [byVectors] = await tokensOf(model.generate([model.embed(prompt)], { maxTokens: 6, ...FREE }), 1);
  expect(byVectors).toEqual(byIds);
});

test("draws follow from the key, and a row's do not depend on the others", async () => {
  const options = { maxTokens: 20, temperature: 1.5, key: Key.of(3), ...FREE };
  const [first] = await tokensOf(model.generate([[1, 2]], options), 1);
  expect((await tokensOf(model.generate([[1, 2], [5]], options), 2))[0]).toEqual(first);
  expect((await tokensOf(model.generate([[1, 2]], { ...options, key: Key.of(4) }), 1))[0]).not.toEqual(first);
});

test("a trie leaves exactly its texts, each row its own", async () => {
  const lists = [
    [
      [4, 5, 6],
      [4, 9],
    ],
    [[11]],
    [[7], [7, 8]],
  ];
  const tries = lists.map((texts) => new TokenTrie(texts, [2]));
  const constraint = (row: number) => tries[row];
  for (const seed of [1, 2, 3]) {
    const options = { maxTokens: 9, temperature: 5, key: Key.of(seed), constraint, stop: [2] };
    const texts = await tokensOf(model.generate([[1], [1], [1]], options), 3);
    texts.forEach((text, row) => {
      expect(tries[row].has(text), `seed ${seed}, row ${row}: ${text}`).toBe(true);
    });
  }
});

test("a stopped generation is an InterruptedError, between two tokens", async () => {
  const controller = new AbortController();
  let steps = 0;
  const run = async () => {
    for await (const _ of model.generate([[1]], { maxTokens: 50, signal: controller.signal, ...FREE })) {
      if (++steps === 3) controller.abort();
    }
  };
  await expect(run()).rejects.toThrow(InterruptedError);
  expect(steps).toBe(3);
});

test("what cannot be generated from: the error says which value and what is expected", async () => {
  const tried = async (prompt: number[], options: object) => {
    for await (const _ of model.generate([prompt], { maxTokens: 1, ...options }));
  };
  await expect(tried([], {})).rejects.toThrowErrorMatchingInlineSnapshot(
    `[ConfigError: generate: a prompt has no tokens; expected one at least, a model's beginning-of-text token for instance.]`,
  );
  await expect(tried([1], { maxTokens: -1 })).rejects.toThrowErrorMatchingInlineSnapshot(
    `[ConfigError: generate: maxTokens is -1, expected 0 or more.]`,
  );
  await expect(tried([1], { temperature: -1 })).rejects.toThrowErrorMatchingInlineSnapshot(
    `[ConfigError: generate: temperature is -1, expected 0 or more.]`,
  );
  await expect(tried([1], { topK: 0 })).rejects.toThrowErrorMatchingInlineSnapshot(
    `[ConfigError: generate: topK is 0, expected 1 or more.]`,
  );
  await expect(tried([1], { topP: 0 })).rejects.toThrowErrorMatchingInlineSnapshot(
    `[ConfigError: generate: topP is 0, expected more than 0 and at most 1.]`,
  );
  const strip = (run: () => unknown) => () => {
    try {
      run();
    } catch (error) {
      throw new Error(String(error).replaceAll(`${folder}/`, ""));
    }
  };
  expect(strip(() => model.embed([40]))).toThrowErrorMatchingInlineSnapshot(
    `[Error: DataError: token 40 is not in the vocabulary of small: expected 0 to 39.]`,
  );
  expect(strip(() => model.texts)).toThrowErrorMatchingInlineSnapshot(
    `[Error: DataError: small: this model has no text tokenizer. Expected a tokenizer.json beside its weights.]`,
  );
});

test.each(["int8", "packed"] as const)(
  "in few bits (%s) the same model says nearly the same: how surprised it is moves by little",
  async (precision) => {
    await using light = await LanguageModel.open(join(folder, "small"), { runtime, precision });
    const ids = Array.from({ length: 30 }, (_, at) => (at * 7) % 40);
    const mean = async (of: LanguageModel) =>
      (await of.score(ids)).surprises.reduce((sum, value) => sum + value, 0) / 29;
    const [exact, near] = [await mean(model), await mean(light)];
    expect(Math.abs(exact - near)).toBeLessThan(0.1);
    expect(exact).not.toBe(near);
    expect(light.memory.weights).toBeLessThan(0.45 * model.memory.weights); // norms and all
  },
);

interface TinyGolden {
  readonly greedy: readonly number[];
}

const TINY = ["llama", "llama3-rope", "qwen2", "qwen3"].map((name) => `tiny/${name}`);
test.skipIf(missingModel("tiny") !== undefined).each(TINY)("%s continues greedily as its answer key", async (name) => {
  const { greedy } = await goldenOf<TinyGolden>(name);
  await using tiny = await LanguageModel.open(modelPath(name), { runtime });
  const [text] = await tokensOf(tiny.generate([greedy.slice(0, 8)], { maxTokens: 16, ...FREE }), 1);
  expect(text).toEqual(greedy.slice(8));
});

interface Stories {
  readonly greedy_from_bos_ids: readonly number[];
  readonly top5_logits_first4: readonly (readonly (readonly [number, string, number])[])[];
  readonly nll_ids: readonly number[];
  readonly nll_per_token: number;
}

test.skipIf(missingModel("stories260k") !== undefined)(
  "a story of 256 tokens is told as its author's program tells it",
  async () => {
    const golden = await goldenOf<Stories>("stories260k");
    await using stories = await LanguageModel.open(modelPath("stories260k"), { runtime });
    const ids = golden.greedy_from_bos_ids;
    const told: number[] = [];
    let step = 0;
    for await (const { tokens, logits } of stories.generate([[ids[0]]], { maxTokens: ids.length - 1, ...FREE })) {
      told.push(tokens[0]!);
      const expected = golden.top5_logits_first4[step++];
      topTokens(logits, 5).forEach(([token, logit], place) => {
        if (expected === undefined) return;
        expect(token).toBe(expected[place][0]);
        expect(logit).toBeCloseTo(expected[place][2], 3);
      });
    }
    expect([ids[0], ...told]).toEqual(ids);
    const { surprises } = await stories.score(golden.nll_ids);
    expect(surprises.reduce((sum, value) => sum + value, 0) / surprises.length).toBeCloseTo(golden.nll_per_token, 4);
  },
);
