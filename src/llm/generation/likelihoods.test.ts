import { expect, test } from "vitest";
import { normals } from "../../../test/suites/examples.ts";
import { smallEmbed as embed, openSmallSession as open, SMALL_DECODER } from "../../../test/suites/small-decoder.ts";
import { TokenTrie } from "./constraint.ts";
import { generate } from "./generate.ts";
import { likelihoodsOf } from "./likelihoods.ts";
import type { DecoderSession } from "./session.ts";

const { dim } = SMALL_DECODER;
const prompts = [normals([5, dim], "one").data, normals([2, dim], "two").data, normals([9, dim], "three").data];
const texts = [[3, 4, 5], [3, 4, 6, 0], [3, 1], [2]];

/** Token by token, as a constrained text is written. */
async function stepByStep(session: DecoderSession, prompt: Float32Array, text: readonly number[]): Promise<number> {
  const trie = new TokenTrie(texts);
  let sum = 0;
  const given: number[] = [];
  const only = { allowed: (generated: readonly number[]) => text.slice(generated.length, generated.length + 1) };
  for await (const { logits } of generate(session, [prompt], embed, { maxTokens: text.length, constraint: only })) {
    const allowed = trie.allowed(given);
    const shares = allowed.map((token) => Math.exp(logits[token]));
    sum += Math.log(shares[allowed.indexOf(text[given.length])] / shares.reduce((a, b) => a + b));
    given.push(text[given.length]);
  }
  return sum;
}

test("texts are as likely as a constrained one is drawn, token by token, and one of them is certain", async () => {
  await using session = await open();
  const told = await likelihoodsOf(session, prompts, embed, texts);
  for (const [row, prompt] of prompts.entries()) {
    for (const [at, text] of texts.entries()) {
      expect(told[row][at]).toBeCloseTo(await stepByStep(session, prompt, text), 4);
    }
    expect(told[row].reduce((sum, value) => sum + Math.exp(value), 0)).toBeCloseTo(1, 5);
  }
});

test("one text is certain, whatever it is", async () => {
  await using session = await open();
  expect(await likelihoodsOf(session, prompts.slice(0, 1), embed, [[3, 4]])).toEqual([Float64Array.of(0)]);
});

test("a text that begins another is our mistake, and says so", async () => {
  await using session = await open();
  const beginning = [[3], [3, 4]];
  await expect(likelihoodsOf(session, prompts, embed, beginning)).rejects.toThrow(
    "the text 3 is the beginning of another",
  );
});
