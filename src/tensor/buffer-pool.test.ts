import { expect, test } from "vitest";
import { Key, TracedKey, uniform } from "#random";
import { BufferPool } from "./buffer-pool.ts";
import { compile } from "./compile.ts";
import { float32 } from "./dtype.ts";
import type { Tensor } from "./tensor.ts";
import "./primitives/index.ts";

const runtime = { device: "cpu", threads: 1 } as const;

test("what is given back is handed out again, the smallest that is large enough", () => {
  const pool = new BufferPool();
  const [large, small] = [pool.take("float32", [10]), pool.take("float32", [2, 2])];
  pool.give(large);
  pool.give(small);
  const third = pool.take("float32", [3]);
  expect(third.shape).toEqual([3]);
  expect(third.data).toHaveLength(3);
  expect(third.data.buffer).toBe(small.data.buffer);
  expect(pool.take("float32", [10]).data).toBe(large.data);
  expect(pool.take("bool", [4]).data).toBeInstanceOf(Uint8Array);
});

test("a larger array comes in a smaller one's place, not beside it", () => {
  const pool = new BufferPool();
  pool.give(pool.take("float32", [4]));
  const larger = pool.take("float32", [9]);
  pool.give(larger);
  expect(pool.take("float32", [4]).data.buffer).toBe(larger.data.buffer);
});

test("graphs of several shapes draw into the same arrays what each draws into its own", async () => {
  const trace = ({ x }: Readonly<Record<string, Tensor>>) => ({
    y: x.mul(uniform(TracedKey.root().fold("a"), x.shape)).add(uniform(TracedKey.root().fold("b"), x.shape)),
  });
  const of = (rows: number) => ({ x: float32(new Float32Array(3 * rows).fill(2), [rows, 3]) });
  await using shared = compile("shared", trace, { runtime });
  for (const [at, rows] of [5, 2, 5, 7, 2].entries()) {
    await using own = compile("own", trace, { runtime });
    const key = Key.of(at);
    expect((await shared.run(of(rows), key)).y).toEqual((await own.run(of(rows), key)).y);
  }
});

test("a draw that is a result stays what it is when others are drawn", async () => {
  await using compiled = compile("drawn", ({ x }) => ({ drawn: uniform(TracedKey.root(), x.shape) }), { runtime });
  const x = float32([0, 0, 0, 0], [4]);
  const { drawn } = await compiled.run({ x }, Key.of(1));
  const before = drawn.data.slice();
  const { drawn: second } = await compiled.run({ x }, Key.of(2));
  expect(drawn.data).toEqual(before);
  expect(second.data).not.toEqual(before);
});
