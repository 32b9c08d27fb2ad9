import { expect, test } from "vitest";
import { normals } from "../../../test/suites/examples.ts";
import { smallEmbed as embed, openSmallSession as open, SMALL_DECODER } from "../../../test/suites/small-decoder.ts";
import { generate, readPrompts } from "./generate.ts";
import { likelihoodsOf } from "./likelihoods.ts";
import type { DecoderSession } from "./session.ts";
import { statesOf } from "./states.ts";

const { dim } = SMALL_DECODER;
const beginning = normals([7, dim], "beginning").data;
const rests = [normals([5, dim], "one").data, normals([2, dim], "two").data, normals([9, dim], "three").data];
const wholes = rests.map((rest) => Float32Array.of(...beginning, ...rest));

async function prefixOf(session: DecoderSession) {
  return (await readPrompts(session, [beginning], {})).cache;
}

/** The largest |a - b|; infinite where the lengths differ. */
function apart(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  return Array.from(a).reduce((most, value, at) => Math.max(most, Math.abs(value - b[at])), 0);
}

test("behind a beginning that was read once, texts of unequal length have the states that whole texts have", async () => {
  await using session = await open();
  const states = await statesOf(session, wholes);
  const behind = await statesOf(session, rests, { prefix: await prefixOf(session) });
  behind.forEach((own, row) => {
    expect(apart(own, states[row].subarray(beginning.length))).toBeLessThan(1e-5);
  });
});

test("and they go on alike, token by token", async () => {
  await using session = await open();
  const written = async (prompts: readonly Float32Array[], prefix?: Awaited<ReturnType<typeof prefixOf>>) => {
    const logits: number[][] = [];
    for await (const step of generate(session, prompts, embed, { maxTokens: 4, prefix })) logits.push([...step.logits]);
    return logits;
  };
  const [expected, found] = [await written(wholes), await written(rests, await prefixOf(session))];
  expect(found).toHaveLength(4);
  found.forEach((step, at) => {
    expect(apart(step, expected[at])).toBeLessThan(1e-5);
  });
});

test("and texts are as likely to follow", async () => {
  await using session = await open();
  const texts = [[3, 4, 5], [3, 4, 6, 0], [3, 1], [2]];
  const expected = await likelihoodsOf(session, wholes, embed, texts);
  const found = await likelihoodsOf(session, rests, embed, texts, { prefix: await prefixOf(session) });
  found.forEach((told, row) => {
    expect(apart(told, expected[row])).toBeLessThan(1e-5);
  });
});

test("a beginning is read by many, and stays as it is", async () => {
  await using session = await open();
  const prefix = await prefixOf(session);
  const before = Float32Array.from(prefix.arrays["keys 1"].data as Float32Array);
  const first = await statesOf(session, rests, { prefix });
  const second = await statesOf(session, rests, { prefix });
  expect(prefix.length).toBe(7);
  expect(prefix.arrays["keys 1"].data).toEqual(before);
  expect(second).toEqual(first);
});

test("a beginning of nothing changes nothing", async () => {
  await using session = await open();
  const { cache } = await readPrompts(session, [new Float32Array(0)], {});
  expect(await statesOf(session, rests, { prefix: cache })).toEqual(await statesOf(session, rests));
});
