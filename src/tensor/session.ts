/** The only file that knows ONNX Runtime: a graph becomes a session, arrays go in and come out. */

import { access } from "node:fs/promises";
import type { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import { DataError, DeviceError } from "#base";
import { hasWideSums } from "./cpu.ts";
import type { Arrays, NdArray, TypedArray } from "./dtype.ts";
import { encodeForSession, type Graph } from "./onnx/model.ts";

export type Device = "cpu" | "webgpu";

/** Where graphs run. */
export interface Runtime {
  readonly device: Device;
  /** Threads inside one operator (CPU). */
  readonly threads: number;
}

export interface SessionOptions {
  /** The graph has gradients. */
  readonly training: boolean;
  /** What a run frees is kept for the next. */
  readonly arena: boolean;
  /** The graph is in float64. */
  readonly double: boolean;
}

type Ort = typeof import("onnxruntime-node");
let loading: Promise<Ort> | undefined;

/** ONNX Runtime, loaded when first needed; its absence is a typed error that names the fix. */
export function loadRuntime(): Promise<Ort> {
  loading ??= import("onnxruntime-node").then(
    // The package is CommonJS: everything sits on `default` when Node imports it.
    (module) => (module as unknown as { default?: Ort }).default ?? module,
    (cause: unknown) => {
      loading = undefined;
      throw new DeviceError(
        "onnxruntime-node is not installed or does not load on this machine. " +
          "Run: ONNXRUNTIME_NODE_INSTALL=skip npm install onnxruntime-node@1.30.0",
        { code: "no-runtime", cause },
      );
    },
  );
  return loading;
}

/** What every session is opened with. */
function settingsOf({ device, threads }: Runtime): InferenceSession.SessionOptions {
  return {
    executionProviders: [device],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    logSeverityLevel: 4, // what goes wrong is thrown; it need not be on stderr too
    // Waking a sleeping thread takes longer than most nodes do: within a run threads spin for as long as a node or two, and no longer,
    // since other work may need the core; between two runs, when JavaScript does, not at all.
    // No set_denormal_as_zero: it changes the arithmetic of the thread that makes the process' first session, that of
    // JavaScript there too (5e-324 > 0 is false then), and of no other: results would depend on which thread that was.
    // x64quantprecision 1: sums of products of bytes that cannot overflow, where the CPU needs to be told, at a third of the speed.
    extra: {
      session: {
        intra_op: { allow_spinning: "1", spin_duration_us: "50" },
        force_spinning_stop: "1",
        x64quantprecision: hasWideSums() ? "0" : "1",
      },
    },
  };
}

/** WebGPU may crash when two runs overlap; there each waits for the one before, whatever session it belongs to. */
let webgpuTurn: Promise<unknown> = Promise.resolve();

/** A compiled graph. */
export class Session {
  /** Tensors made around arrays that are fed again and again (weights, reused buffers): same memory, made once. */
  readonly #wrapped = new WeakMap<TypedArray, OrtTensor>();

  private constructor(
    private readonly ort: Ort,
    private readonly session: InferenceSession,
    private readonly device: Device,
    /** What a failing run is: our own bug, or a file that is not what it should be. */
    private readonly failed: (reason: string, cause: unknown) => Error,
  ) {}

  static async create(graph: Graph, runtime: Runtime, options: SessionOptions): Promise<Session> {
    const ort = await loadRuntime();
    const { model, beside } = encodeForSession(graph);
    try {
      const session = await ort.InferenceSession.create(model, {
        ...settingsOf(runtime),
        externalData: beside,
        // Fused operators (QuickGelu and its like) have no float64 kernels.
        graphOptimizationLevel: options.double ? "basic" : "all",
        enableMemPattern: !options.training,
        enableCpuMemArena: options.arena,
      });
      return new Session(ort, session, runtime.device, (reason, cause) => {
        return new Error(`internal: graph "${graph.name}" failed in ONNX Runtime: ${reason}`, { cause });
      });
    } catch (cause) {
      throw sessionError(graph.name, runtime, cause);
    }
  }

  /** A graph out of an ONNX file that others wrote; weights beside it (external data) are found. */
  static async open(path: string, runtime: Runtime): Promise<Session> {
    const ort = await loadRuntime();
    await access(path).catch((cause) => {
      throw new DataError(`${path}: there is no ONNX file here.`, { code: "no-onnx", file: path, cause });
    });
    try {
      const session = await ort.InferenceSession.create(path, {
        ...settingsOf(runtime),
        // Texts come in many lengths: a plan of memory for each would be kept and never used again.
        enableMemPattern: false,
      });
      return new Session(ort, session, runtime.device, (reason, cause) => {
        return new DataError(`${path}: this ONNX graph fails on what it is fed (${withoutSource(reason)}).`, {
          code: "onnx-failed",
          file: path,
          cause,
        });
      });
    } catch (cause) {
      if (runtime.device !== "cpu") throw sessionError(path, runtime, cause);
      throw new DataError(`${path}: ONNX Runtime cannot open this file (${withoutSource(messageOf(cause))}).`, {
        code: "damaged-onnx",
        file: path,
        hint: "Fetch it again, whole, with the files of weights beside it.",
        cause,
      });
    }
  }

  /** Names that must be fed, in the graph's order. */
  get inputs(): readonly string[] {
    return this.session.inputNames;
  }

  /** Names of what comes out. */
  get outputs(): readonly string[] {
    return this.session.outputNames;
  }

  /** Runs once. `into` names arrays that outputs are written to; other outputs are fresh. */
  async run(
    feeds: Readonly<Record<string, NdArray>>,
    into: Readonly<Record<string, NdArray | null>>,
  ): Promise<Record<string, NdArray>> {
    const inputs: Record<string, OrtTensor> = {};
    for (const [name, array] of Object.entries(feeds)) inputs[name] = this.#wrap(array);
    const fetches: Record<string, OrtTensor | null> = {};
    for (const [name, array] of Object.entries(into)) fetches[name] = array === null ? null : this.#wrap(array);
    const results = await this.#run(inputs, fetches);
    const outputs: Record<string, NdArray> = {};
    for (const [name, result] of Object.entries(results)) {
      const array = into[name];
      // ONNX Runtime's element types that reach us are exactly ours.
      outputs[name] = array ?? {
        dtype: result.type as NdArray["dtype"],
        shape: result.dims,
        data: result.data as TypedArray,
      };
    }
    return outputs;
  }

  async #run(inputs: Record<string, OrtTensor>, fetches: Record<string, OrtTensor | null>) {
    try {
      if (this.device !== "webgpu") return await this.session.run(inputs, fetches);
      const result = webgpuTurn.then(() => this.session.run(inputs, fetches));
      webgpuTurn = result.catch(() => undefined);
      return await result;
    } catch (cause) {
      throw this.failed(messageOf(cause), cause);
    }
  }

  #wrap(array: NdArray): OrtTensor {
    let tensor = this.#wrapped.get(array.data);
    if (tensor === undefined || !sameDims(tensor.dims, array.shape)) {
      tensor = new this.ort.Tensor(array.dtype, array.data as never, array.shape);
      this.#wrapped.set(array.data, tensor);
    }
    return tensor;
  }

  async release(): Promise<void> {
    await this.session.release();
  }
}

/** A graph that others wrote: arrays go in by name, all or the named outputs come out. */
export interface OnnxFile extends AsyncDisposable {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  run(feeds: Arrays, outputs?: readonly string[]): Promise<Record<string, NdArray>>;
}

/** Opens an ONNX file; one that is missing or damaged is a `DataError`. */
export async function openOnnx(path: string, runtime: Runtime): Promise<OnnxFile> {
  const session = await Session.open(path, runtime);
  return {
    inputs: session.inputs,
    outputs: session.outputs,
    run: (feeds, outputs = session.outputs) => {
      return session.run(feeds, Object.fromEntries(outputs.map((name) => [name, null])));
    },
    [Symbol.asyncDispose]: () => session.release(),
  };
}

function sameDims(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, axis) => size === b[axis]);
}

function sessionError(graph: string, runtime: Runtime, cause: unknown): Error {
  const reason = messageOf(cause);
  if (runtime.device !== "cpu") {
    return new DeviceError(
      `device "${runtime.device}": ONNX Runtime cannot open it on this machine (${withoutSource(reason)}). Use --device cpu, or see: deftrec doctor`,
      { code: "no-device", cause },
    );
  }
  return new Error(`internal: graph "${graph}" was refused by ONNX Runtime: ${reason}`, { cause });
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

/** The sentence of an ONNX Runtime error, without the line of its source and the condition that failed there. */
function withoutSource(text: string): string {
  return text
    .split("\n")[0]
    .replace(/^.* was false\. /, "")
    .trim();
}
