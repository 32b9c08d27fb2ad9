import { expect, test } from "vitest";
import { Weights } from "#nn";
import { fillNormal, Key } from "#random";
import { compile, concat, constant, float32, int32, type Tensor } from "#tensor";
import { CompactBackbone } from "./backbone.ts";
import { layoutOf } from "./layout.ts";

const [B, ITEMS, W, GROUPS, LIMIT] = [3, 4, 8, 5, 4];
const runtime = { device: "cpu", threads: 1 } as const;
const weights = Weights.draw(Key.of(3));
const options = { width: W, blocks: 2, heads: 2, hidden: 16, dropout: 0.5, maxLength: ITEMS, groups: GROUPS };
const model = new CompactBackbone(weights, options);
const embeddings = new Float32Array(B * (ITEMS + 1) * W);
fillNormal(Key.of(5), embeddings);
const prompt = float32(embeddings, [B, ITEMS + 1, W]);

/** Logits of the next word behind the prompt and these words: one forward over the whole of it. */
async function logitsBehind(words: readonly (readonly number[])[]): Promise<number[][]> {
  const written = words[0].length;
  const { mask, distances } = layoutOf(ITEMS, 1, { asked: "last", words: written });
  const read = ({ embedded, words: ids }: Readonly<Record<string, Tensor>>) => {
    const all = written === 0 ? embedded : concat([embedded, model.embed(ids)], 1);
    return { logits: model.logits(model.forward(all, constant(mask), constant(distances)).at(1, -1)) };
  };
  const forward = compile("naive", read, { runtime, parameters: weights.arrays });
  const ids = written === 0 ? int32([0], [1]) : int32(words.flat(), [B, written]);
  const { logits } = await forward.run({ embedded: prompt, words: ids });
  await forward[Symbol.asyncDispose]();
  return Array.from({ length: B }, (_, row) =>
    Array.from(logits.data.slice(row * (GROUPS + 1), (row + 1) * (GROUPS + 1)), Number),
  );
}

async function generated(allowed?: (written: number) => (word: number) => boolean): Promise<number[][]> {
  const { mask, distances } = layoutOf(ITEMS, 1, { asked: "last", words: LIMIT - 1 });
  const write = compile(
    "generate",
    ({ embedded }) => {
      const asked = { embeddings: embedded, mask: constant(mask), distances: constant(distances) };
      return { words: model.generate(asked, { limit: LIMIT, ...(allowed && { allowed }) }) };
    },
    { runtime, parameters: weights.arrays },
  );
  const { words } = await write.run({ embedded: prompt });
  await write[Symbol.asyncDispose]();
  return Array.from({ length: B }, (_, row) => Array.from(words.data.slice(row * LIMIT, (row + 1) * LIMIT), Number));
}

/** Greedy, one word after the other, each by a forward of its own. */
async function stepByStep(allowed: (written: number) => (word: number) => boolean): Promise<number[][]> {
  const rows: number[][] = Array.from({ length: B }, () => []);
  for (let written = 0; written < LIMIT; written++) {
    const logits = await logitsBehind(rows);
    rows.forEach((row, at) => {
      const permitted = logits[at].map((value, word) => (allowed(written)(word) ? value : -Infinity));
      const best = permitted.indexOf(Math.max(...permitted));
      row.push(row.at(-1) === model.stop ? model.stop : best);
    });
  }
  return rows;
}

test("what is written is what a loop finds that reads everything anew behind each word", async () => {
  const free = await generated();
  expect(free).toEqual(await stepByStep(() => () => true));
});

test("words that may not come next are never written, whatever their logits", async () => {
  const free = await generated();
  const barred = (written: number) => (word: number) => word !== free[0][written];
  const constrained = await generated(barred);
  expect(constrained).toEqual(await stepByStep(barred));
  constrained[0].forEach((word, at) => {
    expect(word).not.toBe(free[0][at]);
  });
});

test("behind stop there is nothing but stop", async () => {
  const ends = (written: number) => (word: number) => (written === 1 ? word === model.stop : word !== model.stop);
  for (const row of await generated(ends)) {
    expect(row[0]).not.toBe(model.stop);
    expect(row.slice(1)).toEqual([model.stop, model.stop, model.stop]);
  }
});
