/** A traced function made runnable for one signature: sessions, the host calls between them, and what each is fed. */
import { ShapeError } from "#base";
import { type Arrays, allocate, type NdArray } from "./dtype.ts";
import { Emitter, type Feed } from "./onnx/emit.ts";
import type { Graph } from "./onnx/model.ts";
import { onHost, partition } from "./partition.ts";
import type { HostKernel, Node } from "./primitive.ts";
import { type Runtime, Session } from "./session.ts";
import { isConcrete, showShape, sizeOf } from "./shape.ts";
import type { Tensor } from "./tensor.ts";

/** What a run is given. */
export interface RunInputs {
  readonly inputs: Arrays;
  readonly parameters: Arrays;
  /** Handed to whatever draws random leaves. */
  readonly key: unknown;
}

interface Part {
  readonly session: Session | undefined;
  readonly graph: Graph;
  readonly feeds: readonly Feed[];
  readonly outputs: readonly Tensor[];
  readonly calls: readonly Node[];
}

export class Program {
  readonly #buffers = new Map<Tensor, NdArray>();

  private constructor(
    private readonly parts: readonly Part[],
    private readonly results: Readonly<Record<string, Tensor>>,
    private readonly double: boolean,
    /** Write outputs of known size into the same arrays at every run. */
    private readonly reuseOutputs: boolean,
  ) {}

  static async create(
    name: string,
    results: Readonly<Record<string, Tensor>>,
    runtime: Runtime,
    options: { readonly double: boolean; readonly reuseOutputs: boolean; readonly training: boolean },
  ): Promise<Program> {
    const parts: Part[] = [];
    for (const { graph, feeds, outputs, calls } of emitParts(name, results, options.double)) {
      const session = outputs.length === 0 ? undefined : await Session.create(graph, runtime, options);
      parts.push({ session, graph, feeds, outputs, calls });
    }
    return new Program(parts, results, options.double, options.reuseOutputs);
  }

  async run(given: RunInputs): Promise<Record<string, NdArray>> {
    const values = new Map<Tensor, NdArray>();
    const sizes = this.#bindAxes(given);
    const resolve = (tensor: Tensor): NdArray => {
      const { source } = tensor;
      if (source.kind === "input") return this.#fed(given.inputs[source.name], tensor);
      if (source.kind === "parameter") return this.#fed(given.parameters[source.address], tensor);
      if (source.kind === "constant") return source.value;
      const known = values.get(tensor);
      if (known === undefined) throw new Error(`internal: ${tensor.label} has no value yet`);
      return known;
    };
    for (const part of this.parts) {
      if (part.session !== undefined) {
        const feeds: Record<string, NdArray> = {};
        for (const feed of part.feeds) {
          feeds[feed.name] = feed.draw === undefined ? resolve(feed.tensor) : this.#draw(feed, sizes, given.key);
        }
        const into: Record<string, NdArray | null> = {};
        part.outputs.forEach((tensor, index) => {
          into[`out${index}`] =
            this.reuseOutputs && isConcrete(tensor.shape) ? this.#buffer(tensor, tensor.shape) : null;
        });
        const outputs = await part.session.run(feeds, into);
        part.outputs.forEach((tensor, index) => {
          values.set(tensor, outputs[`out${index}`]);
        });
      }
      for (const call of part.calls) {
        // partition() lists only nodes whose lowering is a host kernel.
        const { host } = call.primitive.onnx as { host: HostKernel<Record<string, unknown>> };
        values.set(call.outputs[0], host(call.inputs.map(resolve), call.attributes));
      }
    }
    return Object.fromEntries(Object.entries(this.results).map(([name, tensor]) => [name, resolve(tensor)]));
  }

  /** The graphs as emitted, in the order in which they run. */
  get graphs(): readonly Graph[] {
    return this.parts.filter((part) => part.session !== undefined).map((part) => part.graph);
  }

  async release(): Promise<void> {
    for (const part of this.parts) await part.session?.release();
  }

  #fed(array: NdArray | undefined, tensor: Tensor): NdArray {
    if (array === undefined) throw new ShapeError(`${tensor.label}: no array was given for it.`);
    const fits =
      array.shape.length === tensor.rank &&
      tensor.shape.every((dim, axis) => typeof dim === "string" || dim === array.shape[axis]);
    if (!fits)
      throw new ShapeError(
        `${tensor.label}: expected an array of shape ${showShape(tensor.shape)}, got ${showShape(array.shape)}.`,
      );
    if (!this.double || array.dtype !== "float32") return array;
    return { dtype: "float64", shape: array.shape, data: Float64Array.from(array.data as Float32Array) };
  }

  /** Sizes of named axes, from the arrays that came in. */
  #bindAxes({ inputs }: RunInputs): Map<string, number> {
    const sizes = new Map<string, number>();
    for (const part of this.parts) {
      for (const { tensor } of part.feeds) {
        if (tensor.source.kind !== "input") continue;
        const array = inputs[tensor.source.name];
        tensor.shape.forEach((dim, axis) => {
          if (typeof dim !== "string" || array === undefined) return;
          const size = array.shape[axis];
          const known = sizes.get(dim) ?? size;
          if (known !== size)
            throw new ShapeError(`${tensor.label}: axis ${dim} is ${size} here and ${known} in another input.`);
          sizes.set(dim, size);
        });
      }
    }
    return sizes;
  }

  #draw({ tensor, draw }: Feed, sizes: ReadonlyMap<string, number>, key: unknown): NdArray {
    const shape = tensor.shape.map((dim) => (typeof dim === "number" ? dim : sizes.get(dim)));
    if (shape.some((size) => size === undefined))
      throw new Error(`internal: no input tells the size of ${tensor.label}, which is drawn`);
    const buffer = this.#buffer(tensor, shape as number[]);
    draw?.fill(key, buffer.data);
    return buffer;
  }

  #buffer(tensor: Tensor, shape: readonly number[]): NdArray {
    const known = this.#buffers.get(tensor);
    if (known?.shape.every((size, axis) => size === shape[axis])) return known;
    const dtype = this.double && tensor.dtype === "float32" ? "float64" : tensor.dtype;
    const made = { dtype, shape, data: allocate(dtype, sizeOf(shape)) };
    this.#buffers.set(tensor, made);
    return made;
  }
}

/** The graphs of a function's segments, without making sessions of them. */
export function emitParts(name: string, results: Readonly<Record<string, Tensor>>, double: boolean) {
  return partition(Object.values(results)).map(({ cuts, outputs, calls }, index) => {
    const emitter = new Emitter(
      index === 0 ? name : `${name}/${index}`,
      double,
      new Map(cuts.map((cut, at) => [cut, `cut${index}.${at}`])),
    );
    const emitted = emitter.finish(Object.fromEntries(outputs.map((tensor, at) => [`out${at}`, tensor])));
    return { ...emitted, outputs, calls: calls.filter(onHost) };
  });
}
