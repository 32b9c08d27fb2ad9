/**
 * What jax-js computes for a primitive: an engine written by others, from the same definitions (its wasm backend, float32).
 * Arrays are owned there: every use of one but the last is written `.ref`. Left to plain twins: log, pow,
 * logSumExp and logSoftmax, which its wasm backend (0.1.25) knows to 1e-5 only, and matmul, whose leading axes it broadcasts into the wrong order.
 */
import type { Array as JaxArray } from "@jax-js/jax";
import type { NdArray } from "#tensor";
import type { Plain } from "./plain-twins.ts";

// jax-js names this class when it looks at a dtype; Node 20 does not have it, and no test uses halves.
if (!("Float16Array" in globalThis)) Reflect.set(globalThis, "Float16Array", class Float16Array {});
const { defaultDevice, init, lax, nn, numpy: np } = await import("@jax-js/jax");
await init("wasm");
defaultDevice("wasm");

// biome-ignore lint/suspicious/noExplicitAny: attributes differ from primitive to primitive; each line knows its own
type Formula = (inputs: readonly JaxArray[], attributes: any) => JaxArray | readonly JaxArray[];
type Reduce = { axes: number[]; keepDims: boolean };

const one = (f: (x: JaxArray) => JaxArray): Formula => {
  return ([x]) => f(x);
};
const two = (f: (a: JaxArray, b: JaxArray) => JaxArray): Formula => {
  return ([a, b]) => f(a, b);
};
const reduced = (f: (x: JaxArray, axes: number[], options: { keepdims: boolean }) => JaxArray): Formula => {
  return ([x], { axes, keepDims }: Reduce) => f(x, axes, { keepdims: keepDims });
};

/** By the primitive's name. */
const FORMULAS: Readonly<Record<string, Formula>> = {
  abs: one(np.abs),
  add: two(np.add),
  affine: ([x, weight, bias]) => {
    const product = np.matmul(x, np.transpose(weight));
    return bias === undefined ? product : np.add(product, bias);
  },
  and: two(np.logicalAnd),
  concat: (parts, { axis }: { axis: number }) => np.concatenate([...parts], axis),
  cos: one(np.cos),
  div: two(np.divide),
  elu: one((x) => nn.elu(x)),
  equal: two(np.equal),
  erf: one(lax.erf),
  exp: one(np.exp),
  expand: ([x], { shape }: { shape: number[] }) => np.broadcastTo(x, shape),
  floor: one(np.floor),
  gather: ([x, indices], { axis }: { axis: number }) => np.take(x, indices, axis),
  gatherElements: ([x, indices], { axis }: { axis: number }) => np.takeAlongAxis(x, indices, axis),
  gelu: one((x) => nn.gelu(x, { approximate: false })),
  greater: two(np.greater),
  greaterEqual: two(np.greaterEqual),
  less: two(np.less),
  lessEqual: two(np.lessEqual),
  max: reduced(np.max),
  maximum: two(np.maximum),
  mean: reduced(np.mean),
  min: reduced(np.min),
  minimum: two(np.minimum),
  mul: two(np.multiply),
  neg: one(np.negative),
  not: one(np.logicalNot),
  oneHot: ([indices], { depth }: { depth: number }) => nn.oneHot(indices, depth),
  or: two(np.logicalOr),
  pad: ([x], { axis, before, after, value }: { axis: number; before: number; after: number; value: number }) =>
    np.add(np.pad(np.subtract(x, value), { [axis]: [before, after] }), value), // pads with 0
  relu: one(nn.relu),
  reshape: ([x], { shape }: { shape: number[] }) => np.reshape(x, shape),
  sigmoid: one(nn.sigmoid),
  sign: one(np.sign),
  silu: one(nn.silu),
  sin: one(np.sin),
  softmax: ([x], { axis }: { axis: number }) => nn.softmax(x, axis),
  softplus: one(nn.softplus),
  sqrt: one(np.sqrt),
  stopGradient: one(lax.stopGradient),
  sub: two(np.subtract),
  sum: reduced(np.sum),
  tanh: one(np.tanh),
  transpose: ([x], { permutation }: { permutation: number[] }) => np.transpose(x, permutation),
  where: ([condition, a, b]) => np.where(condition, a, b),
};

/** All outputs as jax-js computes them; undefined where it has no such operation. */
export async function jaxAnswer(
  name: string,
  inputs: readonly NdArray[],
  attributes: Readonly<Record<string, unknown>>,
): Promise<readonly Plain[] | undefined> {
  const formula = Object.hasOwn(FORMULAS, name) ? FORMULAS[name] : undefined;
  if (formula === undefined) return undefined;
  const result = formula(inputs.map(toJax), attributes);
  const outputs = Array.isArray(result) ? (result as readonly JaxArray[]) : [result as JaxArray];
  return Promise.all(
    outputs.map(async (output) => ({ shape: output.shape, data: Array.from(await output.ref.data(), Number) })),
  );
}

function toJax({ dtype, shape, data }: NdArray): JaxArray {
  if (data.length === 0) return np.zeros([...shape]); // np.array cannot tell the shape of nothing
  const options = { shape: [...shape], dtype: dtype as never };
  // A bool is made from numbers that are not 0.
  if (dtype === "bool") return np.notEqual(np.array(Int32Array.from(data as Uint8Array), { shape: [...shape] }), 0);
  return np.array(data as Float32Array<ArrayBuffer>, options); // float32 and int32 are all that examples feed
}
