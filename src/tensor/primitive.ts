/**
 * One declaration a primitive: what shape comes out, how a gradient goes back, which ONNX nodes compute it, and examples
 * that the suite checks against ONNX Runtime, a plain twin and central differences.
 */
import type { DType } from "./dtype.ts";
import type { Lowering } from "./onnx/emit.ts";
import type { Shape } from "./shape.ts";
import { Tensor } from "./tensor.ts";

/** Shape and dtype of one tensor. */
export interface Form {
  readonly shape: Shape;
  readonly dtype: DType;
}

/** One application of a primitive. */
export interface Node {
  readonly primitive: Primitive;
  readonly inputs: readonly Tensor[];
  readonly attributes: Attributes;
  readonly outputs: readonly Tensor[];
}

/** What a primitive is told besides its inputs; plain data, so that graphs print and compare. */
export type Attributes = Readonly<Record<string, unknown>>;

/** Rows of the first axis of a parameter and their gradients: kept apart so that a table's gradient is never dense. */
export class RowGradient {
  constructor(
    readonly indices: Tensor, // [n] int32
    readonly rows: Tensor, // [n, …]
  ) {}
}

/** What a vjp may give back for one input: null where no gradient flows. */
export type InputGradient = Tensor | RowGradient | null;

/**
 * Gradient of the first output → gradients of the inputs. `gradients` has those of all outputs, undefined where nothing
 * used one; only primitives whose further outputs carry gradients (split) look at it.
 */
export type Vjp<A extends Attributes> = (
  gradient: Tensor,
  inputs: readonly Tensor[],
  at: {
    readonly output: Tensor;
    readonly outputs: readonly Tensor[];
    readonly gradients: readonly (Tensor | undefined)[];
    readonly attributes: A;
  },
) => readonly InputGradient[];

/** One set of arguments for the suite: shapes (float32), or forms; and how to draw values that avoid kinks and poles. */
export interface Example<A extends Attributes> {
  readonly inputs: readonly (readonly number[] | ExampleInput)[];
  readonly attributes?: A;
}

export interface ExampleInput {
  readonly shape: readonly number[];
  readonly dtype?: DType;
  /** normal: N(0, 1) · positive: (0.5, 2) · distinct: far apart from each other · below: integers in [0, n) */
  readonly values?: "normal" | "positive" | "distinct" | { readonly below: number };
}

/** Computes on the host between two graphs: for what ONNX has no operator for. */
export type HostKernel<A extends Attributes> = (
  inputs: readonly import("./dtype.ts").NdArray[],
  attributes: A,
) => import("./dtype.ts").NdArray;

export interface Declaration<A extends Attributes> {
  infer(inputs: readonly Tensor[], attributes: A): Form | readonly Form[];
  readonly vjp: Vjp<A> | "not differentiable";
  /** `vjp` reads the gradients of all outputs; without it a gradient that reaches another than the first is an error. */
  readonly differentiatesAll?: boolean;
  /** An operator's name, when it takes the inputs as they are; a function that emits nodes; or a kernel on the host. */
  readonly onnx: string | Lowering<A> | { readonly host: HostKernel<A> };
  readonly examples: readonly Example<A>[];
}

export interface Primitive<A extends Attributes = Attributes> extends Declaration<A> {
  readonly name: string;
  /** Applies it: one node, its outputs. */
  all(inputs: readonly Tensor[], attributes: A): readonly Tensor[];
  /** Applies it: the first output. */
  apply(inputs: readonly Tensor[], attributes: A): Tensor;
}

/** Declares a primitive. */
export function definePrimitive<A extends Attributes = Record<string, never>>(
  name: string,
  declaration: Declaration<A>,
): Primitive<A> {
  const all = (inputs: readonly Tensor[], attributes: A): readonly Tensor[] => {
    const inferred = declaration.infer(inputs, attributes);
    const forms = Array.isArray(inferred) ? (inferred as readonly Form[]) : [inferred as Form];
    const outputs: Tensor[] = [];
    // A Node holds primitives of any attributes; only this primitive's own rules ever read them back.
    const node: Node = { primitive: primitive as unknown as Primitive, inputs, attributes, outputs };
    forms.forEach((form, index) => {
      outputs.push(new Tensor(form.shape, form.dtype, { kind: "output", node, index }));
    });
    return outputs;
  };
  const primitive: Primitive<A> = {
    ...declaration,
    name,
    all,
    apply: (inputs, attributes) => all(inputs, attributes)[0],
  };
  return primitive;
}

/** Installs an operation as a method of `Tensor`; each primitive's file declares its type beside it. */
export function method<N extends keyof Tensor>(name: N, implementation: Tensor[N]): void {
  Object.defineProperty(Tensor.prototype, name, { value: implementation, configurable: true, writable: true });
}
