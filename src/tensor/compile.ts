/**
 * `compile` turns a function of traced arrays into sessions, one for each signature it meets, and counts them.
 * Axes that are named serve every size with one session (graphs without gradients); the others are part of the signature.
 */
import { ShapeError } from "#base";
import { BufferPool } from "./buffer-pool.ts";
import type { Arrays, DType, NdArray } from "./dtype.ts";
import { printCalls, printGraph } from "./onnx/print.ts";
import { emitParts, Program, type Traced } from "./program.ts";
import type { Runtime } from "./session.ts";
import { type Dim, showShape } from "./shape.ts";
import { input, type Tensor } from "./tensor.ts";

export interface CompileOptions {
  readonly runtime: Runtime;
  /** Weights by address; changed in place between runs, they are read without copying. */
  readonly parameters?: Arrays;
  /** Weights by address that never change: part of the graph, packed by the runtime as it likes best, each session its own. */
  readonly constants?: Arrays;
  /** Names of axes, by input; null leaves an axis in the signature. */
  readonly axes?: Readonly<Record<string, readonly (string | null)[]>>;
  /** How many sessions it may make. */
  readonly limit?: number;
  /** Computes in float64 (gradient checks). */
  readonly double?: boolean;
  /** Outputs of known size are written to the same arrays at each run: use them before the next one. */
  readonly reuseOutputs?: boolean;
  /** Tunes the session for graphs with gradients. */
  readonly training?: boolean;
  /**
   * Whether the runtime keeps what a run has freed for the next one. Where batches of many sizes meet large arrays it keeps ever
   * more: twice what a step through a language model needs, and no quicker (docs/log.md, 2026-11-25). Default: true.
   */
  readonly arena?: boolean;
}

/** Sessions made in this process so far. */
export function compilations(): number {
  return made;
}
let made = 0;

export class Compiled<I extends Arrays, O extends Readonly<Record<string, Tensor>>> {
  readonly #programs = new Map<string, Promise<Program>>();
  readonly #pool = new BufferPool();

  constructor(
    readonly name: string,
    private readonly trace: (inputs: { readonly [K in keyof I]: Tensor }) => O,
    private readonly options: CompileOptions,
  ) {}

  /** Sessions made so far. */
  get compilations(): number {
    return this.#programs.size;
  }

  /** Computes; compiles first when the signature is new. `key` feeds what the function draws. */
  async run(inputs: I, key?: unknown): Promise<{ [K in keyof O]: NdArray }> {
    const program = await this.#programFor(inputs);
    // `results` of the program has exactly the names of O.
    return (await program.run({ inputs, parameters: this.options.parameters ?? {}, key })) as {
      [K in keyof O]: NdArray;
    };
  }

  /** The graphs for inputs of these shapes, as text. */
  print(inputs: I): string {
    return emitParts(this.name, this.#traceFor(inputs), {
      double: this.options.double ?? false,
      constants: this.options.constants,
    })
      .map(({ graph, outputs, calls }) => (outputs.length > 0 ? printGraph(graph) : "") + printCalls(calls))
      .join("");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const program of this.#programs.values()) await (await program).release();
    this.#programs.clear();
  }

  #programFor(inputs: I): Promise<Program> {
    const signature = Object.entries(inputs)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, array]) => `${name}:${array.dtype}${showShape(this.#shapeOf(name, array))}`)
      .join(" ");
    let program = this.#programs.get(signature);
    if (program !== undefined) return program;
    const limit = this.options.limit ?? 8;
    if (this.#programs.size >= limit) {
      throw new ShapeError(
        `compile "${this.name}": ${limit} sessions are compiled and ${signature} would be one more. Bucket the sizes of its inputs, or name the axes that vary.`,
        { code: "too-many-compilations" },
      );
    }
    const { runtime, constants, double = false, reuseOutputs = false, training = false, arena = true } = this.options;
    program = Program.create(this.name, this.#traceFor(inputs), runtime, {
      double,
      reuseOutputs,
      training,
      arena,
      pool: this.#pool,
      constants,
    });
    made++;
    this.#programs.set(signature, program);
    // What could not be made is not kept: the next run tries again, and disposing has nothing to wait for.
    program.catch(() => this.#programs.delete(signature));
    return program;
  }

  #traceFor(inputs: I): Traced {
    const traced = Object.fromEntries(
      Object.entries(inputs).map(([name, array]) => [
        name,
        input(name, this.#shapeOf(name, array), floatDtype(array.dtype)),
      ]),
    );
    // Built from the entries of `inputs`, so it has exactly its keys.
    const results = this.trace(traced as { [K in keyof I]: Tensor });
    return { inputs: Object.values(traced), results };
  }

  #shapeOf(name: string, array: NdArray): readonly Dim[] {
    const names = this.options.axes?.[name];
    if (names !== undefined && names.length !== array.shape.length) {
      throw new ShapeError(
        `compile "${this.name}": input "${name}" has axes [${names.join(", ")}] but came with shape ${showShape(array.shape)}.`,
      );
    }
    return array.shape.map((size, axis) => names?.[axis] ?? size);
  }
}

/** Prepares a function of traced arrays; sessions are made when it first meets a signature. */
export function compile<I extends Arrays, O extends Readonly<Record<string, Tensor>>>(
  name: string,
  trace: (inputs: { readonly [K in keyof I]: Tensor }) => O,
  options: CompileOptions,
): Compiled<I, O> {
  return new Compiled<I, O>(name, trace, options);
}

// A float64 input is a float32 tensor computed in double precision: the graph is traced once for both.
function floatDtype(dtype: DType): DType {
  return dtype === "float64" ? "float32" : dtype;
}
