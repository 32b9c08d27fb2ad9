import { expect, test } from "vitest";
import { BufferPool } from "./buffer-pool.ts";
import { compile } from "./compile.ts";
import { float32 } from "./dtype.ts";
import { drawn, type Tensor } from "./tensor.ts";
import "./primitives/index.ts";

const runtime = { device: "cpu", threads: 1 } as const;

/** Numbers that follow from the run's key, a place and where they stand. */
const counted = (place: number, { shape }: Tensor) =>
  drawn(shape, "float32", {
    label: `counted ${place}`,
    fill: (key, data) => {
      for (let at = 0; at < data.length; at++) data[at] = Number(key) * 100 + place * 10 + at;
    },
  });

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
    y: x.mul(counted(1, x)).add(counted(2, x)),
  });
  const of = (rows: number) => ({ x: float32(new Float32Array(3 * rows).fill(2), [rows, 3]) });
  await using shared = compile("shared", trace, { runtime });
  for (const [at, rows] of [5, 2, 5, 7, 2].entries()) {
    await using own = compile("own", trace, { runtime });
    expect((await shared.run(of(rows), at)).y).toEqual((await own.run(of(rows), at)).y);
  }
});

test("a draw that is a result stays what it is when others are drawn", async () => {
  await using compiled = compile("drawn", ({ x }) => ({ drawn: counted(0, x) }), { runtime });
  const x = float32([0, 0, 0, 0], [4]);
  const { drawn: first } = await compiled.run({ x }, 1);
  const before = first.data.slice();
  const { drawn: second } = await compiled.run({ x }, 2);
  expect(first.data).toEqual(before);
  expect(second.data).not.toEqual(before);
});
