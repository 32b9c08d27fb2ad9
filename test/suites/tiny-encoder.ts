/** A sentence encoder of nine tokens for tests: a directory with model.onnx, which looks each token up, and tokenizer.json. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { float32 } from "#tensor";
import { encodeModel } from "../../src/tensor/onnx/model.ts";
import { TINY_TOKENIZER } from "./tiny-tokenizer.ts";

/** What the graph calls what goes in and comes out. */
export interface TinyNames {
  readonly inputs?: readonly string[];
  readonly output?: string;
  /** Whether it also gives sentence_embedding, the mean over all positions. */
  readonly pooled?: boolean;
}

/** The vector that the graph looks up for a token. */
export function tinyVector(token: number): number[] {
  return [Math.cos(token), Math.sin(token), token / 10];
}

/** Writes the two files into `directory`. */
export async function writeTinyEncoder(directory: string, names: TinyNames = {}): Promise<void> {
  const { inputs = ["input_ids", "attention_mask"], output = "last_hidden_state", pooled = false } = names;
  const table = Array.from({ length: 9 }, (_, token) => tinyVector(token)).flat();
  const lookUp = {
    operator: "Gather",
    domain: "",
    inputs: ["table", inputs[0]],
    outputs: [output],
    attributes: { axis: 0 },
  };
  const mean = {
    operator: "ReduceMean",
    domain: "",
    inputs: [output, "axes"],
    outputs: ["sentence_embedding"],
    attributes: { keepdims: 0 },
  };
  const graph = encodeModel({
    name: "tiny encoder",
    nodes: pooled ? [lookUp, mean] : [lookUp],
    initializers: [
      { name: "table", value: float32(table, [9, 3]) },
      { name: "axes", value: { dtype: "int64", shape: [1], data: BigInt64Array.of(1n) } },
    ],
    inputs: inputs.map((name) => ({ name, dtype: "int64", shape: ["B", "L"] })),
    outputs: [
      { name: output, dtype: "float32", shape: ["B", "L", 3] },
      ...(pooled ? [{ name: mean.outputs[0], dtype: "float32", shape: ["B", 3] } as const] : []),
    ],
  });
  await writeFile(join(directory, "model.onnx"), graph);
  await writeFile(join(directory, "tokenizer.json"), JSON.stringify(TINY_TOKENIZER));
}
