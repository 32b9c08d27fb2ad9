/** A traced function made runnable for one signature: sessions, the host calls between them, and what each is fed. */
import { DTypeError, ShapeError } from "#base";
import type { BufferPool } from "./buffer-pool.ts";
import { type Arrays, allocate, type DType, type NdArray } from "./dtype.ts";
import { Emitter, type Feed } from "./onnx/emit.ts";
import type { Graph } from "./onnx/model.ts";
import { partition } from "./partition.ts";
import type { HostKernel, Node } from "./primitive.ts";
import { type Runtime, Session } from "./session.ts";
import { evaluateDim, isConcrete, showShape, sizeOf } from "./shape.ts";
import type { Draw, Tensor } from "./tensor.ts";

/** What a run is given. */
export interface RunInputs {
  readonly inputs: Arrays;
  readonly parameters: Arrays;
  /** Handed to whatever draws random leaves. */
  readonly key: unknown;
}

/** A traced function: its inputs and its results, by name. */
export interface Traced {
  readonly inputs: readonly Tensor[];
  readonly results: Readonly<Record<string, Tensor>>;
}

export interface ProgramOptions {
  readonly double: boolean;
  /** Write outputs of known size into the same arrays at every run. */
  readonly reuseOutputs: boolean;
  readonly training: boolean;
  readonly arena: boolean;
  /** What random leaves are drawn into. */
  readonly pool: BufferPool;
  /** Parameters that are part of the graph. */
  readonly constants?: Arrays;
}

/** One graph and what happens around it. */
interface Part {
  readonly graph: Graph;
  readonly feeds: readonly Feed[];
  /** Tensors that leave the graph, by the names they have there. */
  readonly outputs: readonly (readonly [name: string, Tensor])[];
  /** What the host computes after it, and how printed graphs call its arrays. */
  readonly calls: readonly HostCall[];
}

/** One host call: a node of the graph, and names for printing. */
export interface HostCall {
  readonly node: Node;
  readonly output: string;
  readonly inputs: readonly string[];
}

interface ReadyPart extends Part {
  readonly session: Session | undefined;
}

export class Program {
  readonly #buffers = new Map<Tensor, NdArray>();
  /** Ends when the run before ends: buffers serve one run at a time. */
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(
    private readonly parts: readonly ReadyPart[],
    private readonly traced: Traced,
    private readonly options: ProgramOptions,
  ) {}

  static async create(name: string, traced: Traced, runtime: Runtime, options: ProgramOptions): Promise<Program> {
    const parts: ReadyPart[] = [];
    for (const part of emitParts(name, traced, options)) {
      const session = part.outputs.length === 0 ? undefined : await Session.create(part.graph, runtime, options);
      // What became a part of the session need not be kept twice.
      const initializers = part.graph.initializers.filter(
        ({ name: label }) => options.constants?.[label] === undefined,
      );
      parts.push({ ...part, graph: { ...part.graph, initializers }, session });
    }
    return new Program(parts, traced, options);
  }

  run(given: RunInputs): Promise<Record<string, NdArray>> {
    const result = this.#turn.then(() => this.#run(given));
    this.#turn = result.catch(() => undefined); // whoever asked for that run has its error
    return result;
  }

  async #run(given: RunInputs): Promise<Record<string, NdArray>> {
    const drawn: NdArray[] = [];
    try {
      const results = await this.#computed(given, drawn);
      const left = new Set(Object.values(results).map(({ data }) => data)); // a draw that is a result is the caller's
      for (const array of drawn) if (!left.has(array.data)) this.options.pool.give(array);
      return results;
    } catch (cause) {
      for (const array of drawn) this.options.pool.give(array);
      throw cause;
    }
  }

  async #computed(given: RunInputs, drawn: NdArray[]): Promise<Record<string, NdArray>> {
    const values = new Map<Tensor, NdArray>();
    const sizes = this.#bindAxes(given.inputs);
    const resolve = (tensor: Tensor): NdArray => {
      const known = values.get(tensor);
      if (known !== undefined) return known;
      const leaf = this.#leaf(tensor, given, sizes);
      if (tensor.source.kind === "drawn") {
        values.set(tensor, leaf); // drawn once, however many graphs read it
        drawn.push(leaf);
      }
      return leaf;
    };
    for (const part of this.parts) {
      if (part.session !== undefined) {
        const feeds: Record<string, NdArray> = {};
        for (const feed of part.feeds) feeds[feed.name] = resolve(feed.tensor);
        const into: Record<string, NdArray | null> = {};
        for (const [name, tensor] of part.outputs) {
          into[name] =
            this.options.reuseOutputs && isConcrete(tensor.shape) ? this.#buffer(tensor, tensor.shape) : null;
        }
        const outputs = await part.session.run(feeds, into);
        for (const [name, tensor] of part.outputs) values.set(tensor, outputs[name]);
      }
      for (const { node } of part.calls) {
        // partition() lists only nodes whose lowering is a host kernel.
        const { host } = node.primitive.onnx as { host: HostKernel<Record<string, unknown>> };
        values.set(node.outputs[0], host(node.inputs.map(resolve), node.attributes));
      }
    }
    return Object.fromEntries(Object.entries(this.traced.results).map(([name, tensor]) => [name, resolve(tensor)]));
  }

  /** The graphs as emitted, in the order in which they run. */
  get graphs(): readonly Graph[] {
    return this.parts.filter((part) => part.session !== undefined).map((part) => part.graph);
  }

  async release(): Promise<void> {
    for (const part of this.parts) await part.session?.release();
  }

  #leaf(tensor: Tensor, given: RunInputs, sizes: ReadonlyMap<string, number>): NdArray {
    const { source } = tensor;
    if (source.kind === "input") return this.#fed(given.inputs[source.name], tensor);
    if (source.kind === "parameter") return this.#fed(given.parameters[source.address], tensor);
    if (source.kind === "constant") return this.#fed(source.value, tensor);
    if (source.kind === "drawn") return this.#drawn(tensor, source.draw, sizes, given.key);
    throw new Error(`internal: ${tensor.label} has no value yet`);
  }

  #fed(array: NdArray | undefined, tensor: Tensor): NdArray {
    if (array === undefined) throw new ShapeError(`${tensor.label}: no array was given under this name.`);
    const fits =
      array.shape.length === tensor.rank &&
      tensor.shape.every((dim, axis) => typeof dim === "string" || dim === array.shape[axis]);
    if (!fits) {
      throw new ShapeError(
        `${tensor.label}: expected an array of shape ${showShape(tensor.shape)}, got ${showShape(array.shape)}.`,
      );
    }
    if (array.dtype === this.#emitted(tensor)) return array;
    if (this.options.double && array.data instanceof Float32Array) {
      return { dtype: "float64", shape: array.shape, data: Float64Array.from(array.data) };
    }
    throw new DTypeError(
      `${tensor.label}: expected an array of ${this.#emitted(tensor)}, got ${array.dtype}.` +
        (array.dtype === "float64" ? " Graphs compute in float64 when compiled with { double: true }." : ""),
    );
  }

  #emitted(tensor: Tensor): DType {
    return this.options.double && tensor.dtype === "float32" ? "float64" : tensor.dtype;
  }

  /** Sizes of named axes, from the arrays that came in. */
  #bindAxes(inputs: Arrays): ReadonlyMap<string, number> {
    const sizes = new Map<string, number>();
    for (const tensor of this.traced.inputs) {
      if (tensor.source.kind !== "input" || isConcrete(tensor.shape)) continue;
      const { shape } = this.#fed(inputs[tensor.source.name], tensor);
      tensor.shape.forEach((dim, axis) => {
        if (typeof dim !== "string") return;
        const known = sizes.get(dim) ?? shape[axis];
        if (known !== shape[axis])
          throw new ShapeError(`${tensor.label}: axis ${dim} is ${shape[axis]} here and ${known} in another input.`);
        sizes.set(dim, known);
      });
    }
    return sizes;
  }

  #drawn(tensor: Tensor, draw: Draw, sizes: ReadonlyMap<string, number>, key: unknown): NdArray {
    const shape = tensor.shape.map((dim) => {
      const size = evaluateDim(dim, sizes);
      if (size === undefined) throw new Error(`internal: no input tells the size of ${tensor.label}, which is drawn`);
      return size;
    });
    const buffer = this.options.pool.take(this.#emitted(tensor), shape);
    draw.fill(key, buffer.data);
    return buffer;
  }

  #buffer(tensor: Tensor, shape: readonly number[]): NdArray {
    const known = this.#buffers.get(tensor);
    if (known?.shape.every((size, axis) => size === shape[axis])) return known;
    const dtype = this.#emitted(tensor);
    const made = { dtype, shape, data: allocate(dtype, sizeOf(shape)) };
    this.#buffers.set(tensor, made);
    return made;
  }
}

/** The graphs of a function's segments, without making sessions of them. */
export function emitParts(
  name: string,
  { inputs, results }: Traced,
  { double, constants }: Pick<ProgramOptions, "double" | "constants">,
): Part[] {
  const names = new Map(Object.entries(results).map(([result, tensor]) => [tensor, result]));
  const nameOf = (tensor: Tensor): string => {
    const { source } = tensor;
    if (source.kind === "input") return source.name;
    if (source.kind === "parameter") return source.address;
    if (!names.has(tensor)) names.set(tensor, `between ${names.size}`);
    return names.get(tensor)!; // just set
  };
  return partition(Object.values(results)).map((segment, index) => {
    // ">" because an output may be named as an input is: a parameter's new value by the same address.
    const outputs = segment.outputs.map((tensor) => [`>${names.get(tensor) ?? nameOf(tensor)}`, tensor] as const);
    const emitter = new Emitter(index === 0 ? name : `${name}/${index}`, {
      double,
      constants,
      cuts: new Map(segment.cuts.map((cut) => [cut, `<${nameOf(cut)}`])),
      sources: inputs,
    });
    const calls = segment.calls.map((node) => ({
      node,
      output: `<${nameOf(node.outputs[0])}`,
      inputs: node.inputs.map((tensor) => nameOf(tensor)),
    }));
    return { ...emitter.finish(Object.fromEntries(outputs)), outputs, calls };
  });
}
