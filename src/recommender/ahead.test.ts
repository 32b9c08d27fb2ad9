import { expect, test } from "vitest";
import { ahead } from "./ahead.ts";

/** Doubles numbers, notes what happens, and lets whoever asked first wait longest. */
function workshop(fails?: number) {
  const log: string[] = [];
  let running = 0;
  const make = async (input: number) => {
    log.push(`begin ${input}`);
    most = Math.max(most, ++running);
    await new Promise((resolve) => setTimeout(resolve, 12 - 3 * input));
    running--;
    if (input === fails) throw new Error(`no ${input}`);
    return 2 * input;
  };
  let most = 0;
  return { log, make, most: () => most };
}

async function taken(inputs: readonly number[], atATime: number, { log, make }: ReturnType<typeof workshop>) {
  const results: number[] = [];
  for await (const result of ahead(inputs, atATime, make)) {
    log.push(`take ${result}`);
    results.push(result);
  }
  return results;
}

test("results come in the order of the inputs, however long each takes, and no more are under way than was said", async () => {
  for (const atATime of [1, 2, 3, 9]) {
    const shop = workshop();
    expect(await taken([1, 2, 3, 4], atATime, shop)).toEqual([2, 4, 6, 8]);
    expect(shop.most()).toBe(Math.min(atATime, 4));
  }
  expect(await taken([], 2, workshop())).toEqual([]);
});

test("one at a time, nothing is begun before the last result is done with", async () => {
  const shop = workshop();
  await taken([1, 2], 1, shop);
  expect(shop.log).toEqual(["begin 1", "take 2", "begin 2", "take 4"]);
});

test("what fails is told in its turn, and what was begun beside it bothers nobody", async () => {
  const shop = workshop(2);
  await expect(taken([1, 2, 3], 2, shop)).rejects.toThrow("no 2");
  expect(shop.log).toEqual(["begin 1", "begin 2", "take 2", "begin 3"]);
  await expect(taken([2, 2], 2, workshop(2))).rejects.toThrow("no 2");
});
