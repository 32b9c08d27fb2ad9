/**
 * A traced function as an ONNX file for the world outside: the operators of the standard and no others, inputs and outputs
 * by their plain names, named axes left open. Weights stay in a safetensors file beside it, which the graph points into
 * (ONNX "external data"): every weight is there once, under its address, for ONNX tools and for those that read arrays.
 */
import { basename, dirname, join } from "node:path";
import { ShapeError, writeWhole } from "#base";
import type { Arrays, DType } from "./dtype.ts";
import { Emitter } from "./onnx/emit.ts";
import { encodeModel, type Graph } from "./onnx/model.ts";
import { partition } from "./partition.ts";
import { locateArrays } from "./safetensors.ts";
import type { Shape } from "./shape.ts";
import { input, type Tensor } from "./tensor.ts";

/** An input as others must feed it. */
export interface PortableInput {
  readonly dtype: DType;
  readonly shape: Shape;
}

/** A graph whose weights are known by address. */
export interface PortableGraph {
  readonly graph: Graph;
  /** The parameters that it reads, by address. */
  readonly weights: Arrays;
}

/** Traces `trace` into one graph that stands alone; `parameters` holds the values of its weights. */
export function portable(
  name: string,
  trace: (inputs: Readonly<Record<string, Tensor>>) => Readonly<Record<string, Tensor>>,
  inputs: Readonly<Record<string, PortableInput>>,
  parameters: Arrays,
): PortableGraph {
  const traced = Object.fromEntries(
    Object.entries(inputs).map(([label, { dtype, shape }]) => [label, input(label, shape, dtype)]),
  );
  const results = trace(traced);
  const segments = partition(Object.values(results));
  if (segments.length !== 1 || segments[0].calls.length > 0) {
    throw new Error(`internal: graph "${name}" computes on the host, which no ONNX file can hold.`);
  }
  const { graph, feeds } = new Emitter(name, { standard: true, sources: Object.values(traced) }).finish(results);
  const weights: Record<string, Arrays[string]> = {};
  for (const { name: label, tensor } of feeds) {
    if (tensor.source.kind === "input") continue;
    const value = parameters[label];
    if (tensor.source.kind !== "parameter" || value === undefined) {
      throw new ShapeError(`graph "${name}": "${label}" has no value that could be exported.`);
    }
    weights[label] = value;
  }
  const left = graph.inputs.filter(({ name: label }) => !(label in weights));
  return { graph: { ...graph, inputs: left }, weights };
}

/** Writes the graph to `path`, its weights where `weightsFile` (safetensors, in the same folder) holds them. */
export async function writeOnnx(path: string, { graph, weights }: PortableGraph, weightsFile: string): Promise<void> {
  const places = await locateArrays(join(dirname(path), weightsFile));
  const initializers = Object.entries(weights).map(([name, value]) => {
    if (!(name in places)) throw new ShapeError(`${basename(path)}: ${weightsFile} does not hold "${name}".`);
    return { name, value, external: { file: weightsFile, ...places[name] } };
  });
  await writeWhole(path, encodeModel({ ...graph, initializers: [...graph.initializers, ...initializers] }));
}
