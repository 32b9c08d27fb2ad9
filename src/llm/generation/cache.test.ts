import { expect, test } from "vitest";
import { LOWEST } from "#nn";
import { SMALL_DECODER } from "../../../test/suites/small-decoder.ts";
import { KeyValueCache } from "./cache.ts";

const { layers, keyValueHeads, headDim } = SMALL_DECODER;

/** A number for each place that no other place has. */
function mark(row: number, token: number, layer: number, head: number, d: number): number {
  return (((row * 1000 + token) * layers + layer) * keyValueHeads + head) * headDim + d;
}

/** New rows as a graph returns them: keys [layers · B, Hkv, d, S], values the same with the last two axes swapped. */
function rowsOf(batch: number, first: number, count: number) {
  const [keys, values]: [number[], number[]] = [[], []];
  const tokens = Array.from({ length: count }, (_, at) => first + at);
  const places = Array.from({ length: headDim }, (_, d) => d);
  for (let layer = 0; layer < layers; layer++) {
    for (let row = 0; row < batch; row++) {
      for (let head = 0; head < keyValueHeads; head++) {
        for (const d of places) for (const token of tokens) keys.push(mark(row, token, layer, head, d));
        for (const token of tokens) for (const d of places) values.push(-mark(row, token, layer, head, d));
      }
    }
  }
  return { keys: Float32Array.from(keys), values: Float32Array.from(values) };
}

test("what was written stands in its place after the room has grown, and nothing else is visible", () => {
  const [batch, pieces] = [2, [3, 1, 70, 1]];
  const cache = new KeyValueCache(SMALL_DECODER, batch);
  let length = 0;
  for (const count of pieces) {
    const masks = new Float32Array(batch * count);
    if (length === 0) masks[count] = LOWEST; // the second row's first token is padding
    cache.append(rowsOf(batch, length, count), masks);
    length += count;
    expect(cache.length).toBe(length);
  }
  const { room, arrays } = cache;
  expect(room).toBeGreaterThanOrEqual(length);
  expect(arrays.past.shape).toEqual([batch, room]);
  for (let row = 0; row < batch; row++) {
    for (let at = 0; at < room; at++) {
      const hidden = at >= length || (row === 1 && at === 0);
      expect(arrays.past.data[row * room + at], `row ${row}, place ${at}`).toBe(hidden ? LOWEST : 0);
    }
  }
  for (let layer = 0; layer < layers; layer++) {
    const [keys, values] = [arrays[`keys ${layer}`], arrays[`values ${layer}`]];
    expect(keys.shape).toEqual([batch, keyValueHeads, 1, headDim, room]);
    expect(values.shape).toEqual([batch, keyValueHeads, 1, room, headDim]);
    for (const [row, head, d, token] of [
      [0, 0, 0, 0],
      [1, 1, 3, 2],
      [0, 1, 2, 63],
      [1, 0, 1, 64],
      [1, 1, 0, 74],
    ]) {
      const group = row * keyValueHeads + head;
      const wanted = mark(row, token, layer, head, d);
      expect(keys.data[(group * headDim + d) * room + token]).toBe(wanted);
      expect(values.data[(group * room + token) * headDim + d]).toBe(-wanted);
    }
  }
});

test("room that was asked for once is not made again", () => {
  const cache = new KeyValueCache(SMALL_DECODER, 1);
  cache.reserve(100);
  const [{ room }, before] = [cache, cache.arrays["keys 0"].data];
  cache.append(rowsOf(1, 0, 100), new Float32Array(100));
  expect(cache.room).toBe(room);
  expect(cache.arrays["keys 0"].data).toBe(before);
});
