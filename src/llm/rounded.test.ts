import { expect, test } from "vitest";
import { Weights } from "#nn";
import { compile, float32 } from "#tensor";
import { normals } from "../../test/suites/examples.ts";
import { dense } from "./projection.ts";
import { digitsOf, rounded, roundedArrays } from "./rounded.ts";

const [ROWS, OUT, IN] = [3, 4, 50];

test("weights become whole numbers, a row's largest 127, outputs side by side; a row of zeros stays one", () => {
  const { "p.codes": codes, "p.scales": scales } = roundedArrays("p.", float32([0.5, -1, 0.25, 0, 0, 0], [2, 3]));
  expect([codes.shape, [...codes.data]]).toEqual([
    [3, 2],
    [64, 0, -127, 0, 32, 0],
  ]); // 0.5 · 127 = 63.5, 0.25 · 127 = 31.75
  expect([...scales.data]).toEqual([Math.fround(1 / 127), 0]);
});

test("only what feels it has two digits", () => {
  const addresses = ["attention.query", "attention.output", "feedForward.gate", "feedForward.up", "feedForward.down"];
  expect(addresses.map((part) => digitsOf(`layers.3.${part}.weight`))).toEqual([1, 1, 1, 1, 1]);
  expect(digitsOf("head.weight")).toBe(2);
});

test("y = x Wᵀ + b within what 8 bits are worth, and as the base says where nothing is rounded", async () => {
  const [weight, bias, x] = [normals([OUT, IN], "weight"), normals([OUT], "bias"), normals([ROWS, IN], "x")];
  const product = async (isRounded: boolean) => {
    const project = rounded(dense, () => isRounded);
    const made = project(Weights.planned().at("feedForward.down"), { inDim: IN, outDim: OUT, bias: true });
    await using compiled = compile("projection", ({ x }) => ({ y: made.forward(x) }), {
      runtime: { device: "cpu", threads: 1 },
      parameters: {
        "feedForward.down.bias": bias,
        "feedForward.down.weight": weight,
        ...roundedArrays("feedForward.down.", weight),
      },
    });
    return (await compiled.run({ x })).y.data as Float32Array; // as: a float32 graph
  };
  const [near, exact] = [await product(true), await product(false)];
  for (let at = 0; at < ROWS * OUT; at++) {
    let sum = bias.data[at % OUT];
    const row = Math.floor(at / OUT);
    for (let i = 0; i < IN; i++) sum += x.data[row * IN + i] * weight.data[(at % OUT) * IN + i];
    expect(Math.abs(exact[at] - sum)).toBeLessThan(1e-4);
    expect(Math.abs(near[at] - sum)).toBeLessThan(0.2); // 50 weights, each off by 1/254 of about 2.5 at most
  }
});
