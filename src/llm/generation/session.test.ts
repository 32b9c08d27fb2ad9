import { expect, test } from "vitest";
import { normals } from "../../../test/suites/examples.ts";
import { drawnWeights, openSmallSession as open, SMALL_DECODER } from "../../../test/suites/small-decoder.ts";
import { dense } from "../projection.ts";
import { DecoderSession } from "./session.ts";

const { dim, vocabulary } = SMALL_DECODER;

/** The largest |a - b|; infinite where the lengths differ. */
function apart(a: Float32Array, b: Float32Array): number {
  return a.length === b.length ? a.reduce((most, value, at) => Math.max(most, Math.abs(value - b[at])), 0) : Infinity;
}

test("a text read in pieces behind its cache has the states and logits of one that is read at once", async () => {
  await using session = await open();
  const x = normals([2, 9, dim], "x").data;
  const of = (row: number, from: number, to: number) => x.slice((row * 9 + from) * dim, (row * 9 + to) * dim);
  const whole = await session.read(session.cache(2), { x }, [8, 17]);
  const cache = session.cache(2);
  for (const [from, to] of [
    [0, 4],
    [4, 5],
    [5, 9],
  ]) {
    const wanted = to === 9 ? [3, 7] : [];
    const piece = await session.read(cache, { x: Float32Array.of(...of(0, from, to), ...of(1, from, to)) }, wanted);
    for (const row of [0, 1]) {
      const states = piece.hidden.slice(row * (to - from) * dim, (row + 1) * (to - from) * dim);
      expect(apart(states, whole.hidden.slice((row * 9 + from) * dim, (row * 9 + to) * dim))).toBeLessThan(1e-5);
    }
    expect(piece.logits.length).toBe(wanted.length * vocabulary);
    if (to === 9) expect(apart(piece.logits, whole.logits)).toBeLessThan(1e-5);
  }
  expect(cache.length).toBe(9);
});

test("what fills a row up at its left is seen by nothing behind it, in this piece or the next", async () => {
  await using session = await open();
  const [text, other] = [normals([4, dim], "text").data, normals([7, dim], "other").data];
  const alone = await session.read(session.cache(1), { x: text }, [3]);
  const cache = session.cache(2);
  const first = new Float32Array(2 * 5 * dim).fill(9); // what lies where nothing should look
  first.set(other.subarray(0, 5 * dim));
  first.set(text.subarray(0, 2 * dim), 8 * dim);
  await session.read(cache, { x: first, padding: [0, 3] }, []);
  const second = Float32Array.of(...other.subarray(5 * dim), ...text.subarray(2 * dim));
  const { hidden, logits } = await session.read(cache, { x: second }, [3]);
  expect(apart(hidden.slice(2 * dim), alone.hidden.slice(2 * dim))).toBeLessThan(1e-5);
  expect(apart(logits, alone.logits)).toBeLessThan(1e-5);
});

test("weights that a session was opened with are its own then", async () => {
  const arrays = { ...drawnWeights(SMALL_DECODER) };
  await using session = await DecoderSession.open(SMALL_DECODER, arrays, {
    project: dense,
    runtime: { device: "cpu", threads: 1 },
  });
  expect(Object.keys(arrays)).toEqual([]);
  const { logits } = await session.read(session.cache(1), { x: normals([1, dim], "x").data }, [0]);
  expect(logits.length).toBe(vocabulary);
});

test("a tree of texts is read as each of its texts alone, and leaves the cache as it is", async () => {
  await using session = await open();
  const [before, x] = [normals([2 * 3, dim], "before").data, normals([2 * 5, dim], "tree").data];
  const parents = [-1, 0, 0, 2, -1]; // 0 1, 0 2 3, 4
  const padding = [0, 2];
  const cache = session.cache(2);
  await session.read(cache, { x: before, padding }, []);
  const tree = await session.read(cache, { x, parents }, [3, 5 + 3]);
  expect(cache.length).toBe(3);
  for (const path of [[0, 1], [0, 2, 3], [4]]) {
    const own = session.cache(2);
    await session.read(own, { x: before, padding }, []);
    const rows = [0, 1].flatMap((row) =>
      path.map((at) => [...x.subarray((row * 5 + at) * dim, (row * 5 + at + 1) * dim)]),
    );
    const last = path.length - 1;
    const alone = await session.read(own, { x: Float32Array.from(rows.flat()) }, [last, path.length + last]);
    for (const row of [0, 1]) {
      const [end, here] = [row * path.length + last, row * 5 + path[last]];
      const states = [alone.hidden.slice(end * dim, (end + 1) * dim), tree.hidden.slice(here * dim, (here + 1) * dim)];
      expect(apart(states[0], states[1])).toBeLessThan(1e-5);
    }
    if (path.length === 3) expect(apart(alone.logits, tree.logits)).toBeLessThan(1e-5);
  }
});
