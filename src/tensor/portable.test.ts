import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { float32, int32 } from "./dtype.ts";
import { drawn, openOnnx, parameter, portable, type Tensor, writeOnnx, writeSafetensors } from "./index.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "portable-"));
});
afterAll(() => rm(folder, { recursive: true }));

const table = parameter("deep.table", [4, 2]);
const scale = parameter("scale", []);
const parameters = {
  "deep.table": float32(Float32Array.of(0, 0, 1, 2, 3, 4, 5, 6), [4, 2]),
  scale: float32(Float32Array.of(10), []),
  unused: float32(Float32Array.of(1, 2, 3), [3]),
};
/** rows [B, T] → their vectors' products with each other, [B, T, T], which needs a transposed product of rank 3. */
const trace = ({ rows }: Readonly<Record<string, Tensor>>) => {
  const vectors = table.gather(rows); // [B, T, 2]
  return { products: vectors.matmul(vectors, { transposeB: true }).mul(scale) };
};
const inputs = { rows: { dtype: "int32", shape: ["B", "T"] } } as const;

test("written, a graph computes what was traced, for every size, from weights in the file beside it", async () => {
  const made = portable("products", trace, inputs, parameters);
  expect(Object.keys(made.weights).sort()).toEqual(["deep.table", "scale"]);
  await writeSafetensors(join(folder, "model.safetensors"), parameters);
  await writeOnnx(join(folder, "model.onnx"), made, "model.safetensors");
  await using file = await openOnnx(join(folder, "model.onnx"), { device: "cpu", threads: 1 });
  expect(file.inputs).toEqual(["rows"]);
  expect(file.outputs).toEqual(["products"]);
  const { products } = await file.run({ rows: int32(Int32Array.of(1, 2), [1, 2]) });
  expect(products.shape).toEqual([1, 2, 2]);
  expect([...products.data]).toEqual([50, 110, 110, 250]); // 1·1 + 2·2, 1·3 + 2·4, 3·3 + 4·4
  const { products: more } = await file.run({ rows: int32(Int32Array.of(3, 3, 3), [3, 1]) });
  expect([...more.data]).toEqual([610, 610, 610]);
});

test("only operators of the standard stand in it", () => {
  const { graph } = portable("products", trace, inputs, parameters);
  expect(graph.nodes.map(({ domain }) => domain).filter((domain) => domain !== "")).toEqual([]);
});

test("what is drawn and what has no value cannot be exported", () => {
  const noise = drawn([2], "float32", { label: "noise", fill: () => {} });
  expect(() => portable("noisy", () => ({ noise: noise.mul(2) }), {}, parameters)).toThrow(
    "has no value that could be exported",
  );
  expect(() => portable("lost", trace, inputs, {})).toThrow('graph "lost": "deep.table" has no value');
});
