/**
 * Gradients against central differences, both in float64:  dL/dx ≈ (L(x + h) - L(x - h)) / 2h,  L = Σ w ⊙ f(x)
 * with w drawn from N(0, 1), so that every element of the output counts and no symmetry hides a wrong rule.
 */
import { fillNormal, Key } from "#random";
import { type Arrays, compile, type DType, gradients, input, type NdArray, type Runtime, type Tensor } from "#tensor";

/** |a - b| / max(1, |a|, |b|), the largest over two arrays; infinite where one of them is not a number. */
export function worstDifference(a: ArrayLike<number | bigint>, b: ArrayLike<number | bigint>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let worst = 0;
  for (let at = 0; at < a.length; at++) {
    const [left, right] = [Number(a[at]), Number(b[at])];
    if (left === right) continue;
    const difference = Math.abs(left - right) / Math.max(1, Math.abs(left), Math.abs(right));
    worst = Math.max(worst, Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference);
  }
  return worst;
}

export interface GradientCheck {
  readonly name: string;
  /** The output whose weighted sum is differentiated. */
  readonly trace: (inputs: Readonly<Record<string, Tensor>>) => Tensor;
  /** Float inputs are differentiated unless `constants` names them. */
  readonly inputs: Arrays;
  /** Weights that `trace` meets, by address; all are differentiated. */
  readonly parameters?: Arrays;
  /** Their tensors, as `trace` uses them. */
  readonly leaves?: readonly Tensor[];
  readonly constants?: readonly string[];
  readonly runtime?: Runtime;
  /** Feeds what `trace` draws: the same at every run. */
  readonly key?: unknown;
  readonly step?: number;
}

/** Gradients of one check: from the graph in float64 and in float32, and from differences. */
export interface GradientReport {
  /** Worst difference over all leaves: float64 graph against central differences. */
  readonly error: number;
  /** The same for the float32 graph against the float64 graph: the lowering that trains. */
  readonly error32: number;
  /** Which leaf `error` was found at. */
  readonly worstAt: string;
}

/** Differentiates and compares. */
export async function checkGradients(check: GradientCheck): Promise<GradientReport> {
  const { name, trace, inputs, parameters = {}, leaves = [], constants = [] } = check;
  const runtime = check.runtime ?? { device: "cpu", threads: 1 };
  const names = Object.keys(inputs).filter((each) => isFloat(inputs[each].dtype) && !constants.includes(each));
  const double = { inputs: inDouble(inputs), parameters: inDouble(parameters) };
  const shape = shapeOf(trace, inputs);
  const weights = cotangent(name, shape);

  const loss = (traced: Readonly<Record<string, Tensor>>) => {
    const { cotangent: weight, ...rest } = traced;
    const output = trace(rest);
    return output.mul(weight.cast(output.dtype)).sum();
  };
  const differentiated = (traced: Readonly<Record<string, Tensor>>) => {
    const total = loss(traced);
    const found = gradients(total, [...names.map((each) => traced[each]), ...leaves]);
    return { loss: total, ...Object.fromEntries(found.map((gradient, at) => [`gradient${at}`, gradient])) };
  };
  const all = { ...double.inputs, cotangent: weights };
  const options = { runtime, double: true, parameters: double.parameters };
  await using value = compile(`${name} in double`, (traced) => ({ loss: loss(traced) }), options);
  await using slopes = compile(`d ${name} in double`, differentiated, options);
  await using slopes32 = compile(`d ${name}`, differentiated, { runtime, parameters: inSingle(double.parameters) });
  const exact = await slopes.run(all, check.key);
  const single = await slopes32.run(inSingle(all), check.key);

  const lossAt = async () => Number((await value.run(all, check.key)).loss.data[0]);
  const addresses = leaves.map((leaf) => (leaf.source.kind === "parameter" ? leaf.source.address : leaf.label));
  const targets = [...names.map((each) => double.inputs[each]), ...addresses.map((each) => double.parameters[each])];
  let report: GradientReport = { error: 0, error32: 0, worstAt: "" };
  for (const [at, target] of targets.entries()) {
    const found = (exact as Record<string, NdArray>)[`gradient${at}`];
    const differences = await slopesByDifference(target.data as Float64Array, lossAt, check.step ?? 1e-5);
    const error = sameShape(found, target) ? worstDifference(numbers(found), differences) : Number.POSITIVE_INFINITY;
    const found32 = (single as Record<string, NdArray>)[`gradient${at}`];
    report = {
      error: Math.max(report.error, error),
      error32: Math.max(report.error32, worstDifference(numbers(found32), numbers(found))),
      worstAt: error >= report.error ? [...names, ...addresses][at] : report.worstAt,
    };
  }
  return report;
}

/** Moves each element to both sides, in place. */
async function slopesByDifference(data: Float64Array, loss: () => Promise<number>, step: number): Promise<number[]> {
  const slopes: number[] = [];
  for (let at = 0; at < data.length; at++) {
    const here = data[at];
    data[at] = here + step;
    const above = await loss();
    data[at] = here - step;
    const below = await loss();
    data[at] = here;
    slopes.push((above - below) / (2 * step));
  }
  return slopes;
}

/** The data of an array as numbers. */
export function numbers(array: NdArray): number[] {
  return Array.from(array.data as ArrayLike<number | bigint>, Number);
}

function cotangent(name: string, shape: readonly number[]): NdArray {
  const data = new Float64Array(shape.reduce((size, dim) => size * dim, 1));
  fillNormal(Key.of(1).fold("cotangent").fold(name), data);
  return { dtype: "float64", shape, data };
}

function shapeOf(trace: GradientCheck["trace"], inputs: Arrays): readonly number[] {
  const traced = Object.entries(inputs).map(
    ([name, { shape, dtype }]) => [name, input(name, shape, dtype === "float64" ? "float32" : dtype)] as const,
  );
  return trace(Object.fromEntries(traced)).shape as readonly number[]; // the arrays' sizes are numbers, so are its
}

function inDouble(arrays: Arrays): Record<string, NdArray> {
  return converted(arrays, "float64", (data) => Float64Array.from(data));
}

function inSingle(arrays: Arrays): Record<string, NdArray> {
  return converted(arrays, "float32", (data) => Float32Array.from(data));
}

function converted(
  arrays: Arrays,
  dtype: DType,
  convert: (data: Float32Array | Float64Array) => Float32Array | Float64Array,
): Record<string, NdArray> {
  return Object.fromEntries(
    Object.entries(arrays).map(([name, array]) => [
      name,
      array.data instanceof Float32Array || array.data instanceof Float64Array
        ? { dtype, shape: array.shape, data: convert(array.data) }
        : array,
    ]),
  );
}

function isFloat(dtype: DType): boolean {
  return dtype === "float32" || dtype === "float64";
}

function sameShape(a: NdArray, b: NdArray): boolean {
  return a.shape.length === b.shape.length && a.shape.every((size, axis) => size === b.shape[axis]);
}
