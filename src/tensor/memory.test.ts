import { expect, test } from "vitest";
import { normals } from "../../test/suites/examples.ts";
import { compile } from "./compile.ts";
import { float32, int32, type NdArray } from "./dtype.ts";
import { sparseGradients } from "./gradients.ts";
import "./primitives/index.ts";
import { drawn, parameter } from "./tensor.ts";

const runtime = { device: "cpu", threads: 1 } as const;
const MEGABYTE = 2 ** 20;
const resident = () => process.memoryUsage.rss() / MEGABYTE;

test("memory is flat over 500 training steps: rows of a table, dropout, weights changed in place", async () => {
  const [items, width, batch, length] = [2000, 64, 32, 20];
  const parameters: Record<string, NdArray<Float32Array>> = {
    item: normals([items, width], "item"),
    "block.weight": normals([width, width], "weight"),
    "block.bias": normals([width], "bias"),
  };
  const leaves = Object.entries(parameters).map(([address, { shape }]) => parameter(address, shape));
  const [item, weight, bias] = leaves;
  await using step = compile(
    "step",
    ({ history, target }) => {
      const keep = drawn([batch, length, width], "bool", {
        label: "keep",
        fill: (key, data) => {
          for (let at = 0; at < data.length; at++) data[at] = Number((at * 31 + Number(key)) % 5 > 0);
        },
      });
      const x = item.gather(history).where(keep, 0).mul(1.25);
      const y = x.add(x.affine(weight, bias).gelu());
      const logits = y.mean(1).matmul(item, { transposeB: true, scale: 0.01 });
      const loss = logits.crossEntropy(target).mean();
      const [table, ...dense] = sparseGradients(loss, leaves);
      return {
        loss,
        table: table.dense!,
        indices: table.rows[0].indices,
        rows: table.rows[0].rows,
        weight: dense[0].dense!,
        bias: dense[1].dense!,
      };
    },
    { runtime, parameters, training: true, reuseOutputs: true },
  );
  const losses: number[] = [];
  let before = 0;
  for (let at = 0; at < 600; at++) {
    if (at === 100) before = resident();
    const history = int32(
      Int32Array.from({ length: batch * length }, (_, n) => (n * 13 + (at % 10)) % items),
      [batch, length],
    );
    const target = int32(
      Int32Array.from({ length: batch }, (_, n) => (n * 17 + (at % 10)) % items),
      [batch],
    );
    const { loss, weight } = await step.run({ history, target }, at);
    losses.push(Number(loss.data[0]));
    const { data } = parameters["block.weight"];
    for (let n = 0; n < data.length; n++) data[n] -= 0.1 * Number(weight.data[n]);
  }
  const grown = resident() - before;
  process.stdout.write(`500 training steps: ${grown.toFixed(1)} MB more\n`);
  expect(losses.every(Number.isFinite)).toBe(true);
  expect(grown).toBeLessThan(30);
  expect(step.compilations).toBe(1);
});

test("memory is flat over 500 requests of ever other sizes through one session", async () => {
  const weight = parameter("w", [64, 64]);
  await using serve = compile("serve", ({ x }) => ({ y: x.affine(weight).gelu().affine(weight).softmax() }), {
    runtime,
    parameters: { w: normals([64, 64], "w") },
    axes: { x: ["B", "T", null] },
  });
  let before = 0;
  for (let at = 0; at < 600; at++) {
    if (at === 100) before = resident();
    const shape = [1 + (at % 7), 1 + ((at * 37) % 97), 64];
    const { y } = await serve.run({ x: float32(new Float32Array(shape[0] * shape[1] * 64), shape) });
    expect(y.shape).toEqual(shape);
  }
  const grown = resident() - before;
  process.stdout.write(`500 requests: ${grown.toFixed(1)} MB more\n`);
  expect(grown).toBeLessThan(30);
  expect(serve.compilations).toBe(1);
});
