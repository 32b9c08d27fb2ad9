/**
 * Walks back from the outputs and writes ONNX nodes for every primitive on the way. Equal nodes are written once.
 * A named axis that a node needs as a number (reshape, expand) is read at run time from any tensor that has it.
 */
import { ShapeError } from "#base";
import type { Arrays, DType, NdArray } from "../dtype.ts";
import type { Attributes, Form, Node } from "../primitive.ts";
import { type Dim, isConcrete, type Shape, sameShape, showShape, termsOf } from "../shape.ts";
import type { Draw, Tensor } from "../tensor.ts";
import type { AttributeValue, Graph, GraphNode, GraphValue } from "./model.ts";

/** Emits a primitive's nodes; returns the name of each output. */
export type Lowering<A extends Attributes> = (
  emit: Emitter,
  inputs: readonly string[],
  at: { readonly inputs: readonly Tensor[]; readonly outputs: readonly Tensor[]; readonly attributes: A },
) => string | readonly string[];

export interface NodeOptions {
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
  readonly domain?: string;
  /** How many outputs; the names of all are returned by `nodes`. */
  readonly outputs?: number;
}

/** An input of an emitted graph and the leaf (or cut tensor) it stands for. */
export interface Feed extends GraphValue {
  readonly tensor: Tensor;
  readonly draw?: Draw;
}

export interface EmitterOptions {
  /** Whether float32 stands for float64 throughout (gradient checks). */
  readonly double?: boolean;
  /** Whether only operators of the ONNX standard may be used, none of ONNX Runtime's own. */
  readonly standard?: boolean;
  /** Tensors that are fed although they could be computed, and their names: where a graph was cut. */
  readonly cuts?: ReadonlyMap<Tensor, string>;
  /** Parameters that are part of the graph, by address; the others are fed. */
  readonly constants?: Arrays;
  /** Inputs that may be fed only to tell the size of a named axis. */
  readonly sources?: readonly Tensor[];
}

export class Emitter {
  /** Whether float32 stands for float64 throughout. */
  readonly double: boolean;
  /** Whether only operators of the ONNX standard may be used. */
  readonly standard: boolean;
  readonly #cuts: ReadonlyMap<Tensor, string>;
  readonly #sources: readonly Tensor[];
  readonly #constants: Arrays;
  #nodes: GraphNode[] = [];
  readonly #initializers = new Map<string, NdArray>();
  readonly #feeds: Feed[] = [];
  readonly #names = new Map<Tensor, string>();
  #written = new Map<string, readonly string[]>();
  /** What names begin with inside a body. */
  #prefix = "";
  /** name of an axis → a tensor that has it, and where */
  readonly #axes = new Map<string, { readonly name: string; readonly axis: number }>();

  constructor(
    readonly graphName: string,
    { double = false, standard = false, cuts = new Map(), sources = [], constants = {} }: EmitterOptions = {},
  ) {
    this.double = double;
    this.standard = standard;
    this.#cuts = cuts;
    this.#sources = sources;
    this.#constants = constants;
  }

  /** The dtype as emitted. */
  dtype(dtype: DType): DType {
    return this.double && dtype === "float32" ? "float64" : dtype;
  }

  /** One ONNX node with one output; returns its name. */
  node(operator: string, inputs: readonly string[], options: NodeOptions = {}): string {
    return this.nodes(operator, inputs, options)[0];
  }

  /** One ONNX node with several outputs; returns their names. */
  nodes(
    operator: string,
    inputs: readonly string[],
    { attributes = {}, domain = "", outputs = 1 }: NodeOptions = {},
  ): readonly string[] {
    const key = JSON.stringify([operator, domain, inputs, attributes, outputs]);
    const known = this.#written.get(key);
    if (known !== undefined) return known;
    const names = Array.from(
      { length: outputs },
      (_, index) => `%${this.#prefix}${this.#nodes.length}${index === 0 ? "" : `.${index}`}`,
    );
    this.#nodes.push({ operator, domain, inputs, outputs: names, attributes });
    this.#written.set(key, names);
    return names;
  }

  /**
   * A graph for a node to run (Scan's body). `build` writes its nodes, given the names of its inputs, and returns the names
   * of its outputs; it may read whatever is written around it. The node that runs it must be written next.
   */
  body(
    inputs: readonly Form[],
    outputs: readonly Form[],
    build: (names: readonly string[]) => readonly string[],
  ): Graph {
    const around = { nodes: this.#nodes, written: this.#written, prefix: this.#prefix };
    const place = `${around.prefix}${around.nodes.length}`;
    [this.#nodes, this.#written, this.#prefix] = [[], new Map(), `${place}/`];
    const value = (name: string, { dtype, shape }: Form) => ({ name, dtype: this.dtype(dtype), shape });
    const given = inputs.map((form, at) => value(`%${place}<${at}`, form));
    const results = build(given.map(({ name }) => name)).map((name, at) => value(name, outputs[at]));
    const graph = { name: `body ${place}`, nodes: this.#nodes, initializers: [], inputs: given, outputs: results };
    [this.#nodes, this.#written, this.#prefix] = [around.nodes, around.written, around.prefix];
    return graph;
  }

  /** A scalar constant of a dtype. */
  scalar(value: number, dtype: DType = "float32"): string {
    const emitted = this.dtype(dtype);
    const data =
      emitted === "float64"
        ? Float64Array.of(value)
        : emitted === "float32"
          ? Float32Array.of(value)
          : emitted === "int64"
            ? BigInt64Array.of(BigInt(value))
            : emitted === "int32"
              ? Int32Array.of(value)
              : Uint8Array.of(value);
    return this.constant(`${value}:${emitted}`, { dtype: emitted, shape: [], data });
  }

  /** A 1-D int64 constant: axes, shapes, bounds. */
  ints(values: readonly number[]): string {
    const data = BigInt64Array.from(values, (value) => BigInt(value));
    return this.constant(`[${values.join(",")}]`, { dtype: "int64", shape: [values.length], data });
  }

  /** A named initializer. */
  constant(name: string, value: NdArray): string {
    if (!this.#initializers.has(name)) this.#initializers.set(name, value);
    return name;
  }

  /** A shape as a 1-D int64 tensor; named axes are read at run time. */
  shape(shape: Shape): string {
    if (isConcrete(shape)) return this.ints(shape);
    const pieces: string[] = [];
    for (const dim of shape) pieces.push(this.size(dim));
    return pieces.length === 1 ? pieces[0] : this.node("Concat", pieces, { attributes: { axis: 0 } });
  }

  /** One axis as an int64 tensor of shape [1]. */
  size(dim: Dim): string {
    if (typeof dim === "number") return this.ints([dim]);
    const found = this.#axes.get(dim);
    if (found !== undefined) {
      return this.node("Shape", [found.name], { attributes: { start: found.axis, end: found.axis + 1 } });
    }
    for (const [operator, separator] of [
      ["Add", "+"],
      ["Mul", "*"],
    ] as const) {
      const terms = termsOf(dim, separator);
      if (terms.length > 1) return terms.map((term) => this.size(term)).reduce((a, b) => this.node(operator, [a, b]));
    }
    if (dim.startsWith("(")) return this.size(dim.slice(1, -1));
    if (/^\d+$/.test(dim)) return this.ints([Number(dim)]);
    const source = this.#sources.find(({ shape }) => shape.includes(dim));
    if (source === undefined) {
      throw new Error(`internal: no tensor of graph "${this.graphName}" has an axis named ${dim}`);
    }
    this.value(source); // records its axes
    return this.size(dim);
  }

  /** The name under which a tensor's value is found, writing what it needs first. */
  value(tensor: Tensor): string {
    const stack: Tensor[] = [tensor];
    while (stack.length > 0) {
      const top = stack[stack.length - 1];
      const waiting =
        this.#names.has(top) || this.#cuts.has(top) || top.source.kind !== "output"
          ? []
          : top.source.node.inputs.filter((child) => !this.#names.has(child));
      if (waiting.length > 0) stack.push(...waiting.reverse());
      else {
        stack.pop();
        if (!this.#names.has(top)) this.#write(top);
      }
    }
    return this.#nameOf(tensor);
  }

  #nameOf(tensor: Tensor): string {
    const name = this.#names.get(tensor);
    if (name === undefined) throw new Error(`internal: ${tensor.label} was not emitted`);
    return name;
  }

  #write(tensor: Tensor): void {
    const { source } = tensor;
    const cut = this.#cuts.get(tensor);
    if (cut !== undefined) this.#feed(cut, tensor);
    else if (source.kind === "output") this.#lower(source.node);
    else if (source.kind === "constant") this.#record(tensor, this.#leafConstant(source.value, source.exact));
    else if (source.kind === "drawn") this.#feed(`~${this.#feeds.length} ${source.draw.label}`, tensor, source.draw);
    else if (source.kind === "parameter" && this.#constants[source.address] !== undefined)
      this.#bind(source.address, tensor);
    else this.#feed(source.kind === "input" ? source.name : source.address, tensor);
  }

  /** A parameter as part of the graph: never copied for it, packed by the runtime as it likes best. */
  #bind(address: string, tensor: Tensor): void {
    const value = this.#constants[address];
    if (value.dtype !== tensor.dtype || !sameShape(value.shape, tensor.shape)) {
      throw new ShapeError(
        `${tensor.label}: expected an array of ${tensor.dtype}, got ${value.dtype} ${showShape(value.shape)}.`,
      );
    }
    this.#record(tensor, this.constant(address, this.#inPrecision(value)));
  }

  #inPrecision(value: NdArray): NdArray {
    if (!this.double || value.dtype !== "float32") return value;
    // as: it is float32
    return { dtype: "float64", shape: value.shape, data: Float64Array.from(value.data as Float32Array) };
  }

  #leafConstant(value: NdArray, exact?: number): string {
    if (value.shape.length === 0) return this.scalar(exact ?? Number(value.data[0]), value.dtype);
    return this.constant(`constant${this.#initializers.size}`, this.#inPrecision(value));
  }

  #feed(name: string, tensor: Tensor, draw?: Draw): void {
    const known = this.#feeds.find((feed) => feed.name === name)?.tensor;
    if (known !== undefined) {
      // Even for one parameter traced twice: a gradient for one of the two tensors would miss what flows to the other.
      throw new ShapeError(
        `graph "${this.graphName}": two tensors are called "${name}", ${known.label} and ${tensor.label}. Use one tensor for both, or rename one.`,
      );
    }
    this.#feeds.push({ name, dtype: this.dtype(tensor.dtype), shape: tensor.shape, tensor, draw });
    this.#record(tensor, name);
  }

  #lower({ primitive, inputs, outputs, attributes }: Node): void {
    const names = inputs.map((child) => this.#nameOf(child));
    const { onnx } = primitive;
    if (typeof onnx === "object")
      throw new Error(`internal: ${primitive.name} runs on the host and cannot stand inside a graph`);
    const result =
      typeof onnx === "string" ? this.node(onnx, names) : onnx(this, names, { inputs, outputs, attributes });
    const written = typeof result === "string" ? [result] : result;
    outputs.forEach((output, index) => {
      if (written[index] !== undefined) this.#record(output, written[index]);
    });
  }

  #record(tensor: Tensor, name: string): void {
    this.#names.set(tensor, name);
    tensor.shape.forEach((dim, axis) => {
      if (typeof dim === "string" && !this.#axes.has(dim)) this.#axes.set(dim, { name, axis });
    });
  }

  /** The finished graph; `outputs` by the names they get. */
  finish(outputs: Readonly<Record<string, Tensor>>): { readonly graph: Graph; readonly feeds: readonly Feed[] } {
    const values = Object.entries(outputs).map(([name, tensor]) => {
      const value = this.value(tensor);
      // Identity, because one tensor may be asked for under two names, or be an input that passes through.
      this.#nodes.push({ operator: "Identity", domain: "", inputs: [value], outputs: [name], attributes: {} });
      return { name, dtype: this.dtype(tensor.dtype), shape: tensor.shape };
    });
    this.#requireDistinct(Object.keys(outputs));
    const initializers = [...this.#initializers].map(([name, value]) => ({ name, value }));
    return {
      graph: { name: this.graphName, nodes: this.#nodes, initializers, inputs: this.#feeds, outputs: values },
      feeds: this.#feeds,
    };
  }

  /** Names given from outside must not meet each other or those made here. */
  #requireDistinct(outputs: readonly string[]): void {
    const taken = new Set([...this.#initializers.keys(), ...this.#nodes.flatMap((node) => node.outputs)]);
    for (const { name } of this.#feeds) {
      if (!taken.has(name)) continue;
      const where = outputs.includes(name) ? "an output" : "a value inside the graph";
      throw new ShapeError(`graph "${this.graphName}": "${name}" names an input and ${where}. Rename the input.`);
    }
  }
}
