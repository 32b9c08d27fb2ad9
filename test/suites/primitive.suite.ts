/**
 * What every primitive must pass, in one call: for each of its examples the inferred shapes and dtypes are ONNX Runtime's,
 * the values are an independent oracle's (jax-js, else a plain twin), the gradient is that of central differences in
 * float64, and 2 threads say what 1 says. A primitive without examples or without an oracle fails.
 */
import { afterAll, describe, expect, test } from "vitest";
import { type Arrays, compile, concat, type NdArray, type Primitive, type Tensor } from "#tensor";
import { checkGradients, numbers, worstDifference } from "./central-differences.ts";
import { exampleInputs } from "./examples.ts";
import { jaxAnswer } from "./jax-oracle.ts";
import { type Plain, plainAnswer } from "./plain-twins.ts";

export interface SuiteOptions {
  /** Float inputs that a primitive treats as constants, by position. */
  readonly constants?: Readonly<Record<string, readonly number[]>>;
  /** Primitives whose values at 2 threads may differ in rounding from those at 1 (else bit for bit). */
  readonly reorders?: readonly string[];
  /** Primitives that round gradients in float32 on purpose: tests of their own say how far off those are. */
  readonly rounds?: readonly string[];
}

const VALUE_LIMIT = 1e-5;
const GRADIENT_LIMIT = 1e-6;

/** Declares the tests of these primitives. */
export function primitiveSuite(exported: Readonly<Record<string, unknown>>, options: SuiteOptions = {}): void {
  const worst = { value: 0, gradient: 0, gradient32: 0, valueAt: "", gradientAt: "", checked: 0 };
  for (const [exportName, given] of Object.entries(exported)) {
    const primitive = given as Primitive; // of any attributes: only its own rules read them
    describe(exportName, () => {
      test("has examples, and with a gradient rule one that the rule is tried on", () => {
        expect(primitive.examples.length).toBeGreaterThan(0);
        const floats = primitive.examples.filter(({ inputs }) =>
          inputs.some((given) => !("dtype" in given) || given.dtype === undefined || given.dtype === "float32"),
        );
        if (primitive.vjp !== "not differentiable") expect(floats.length).toBeGreaterThan(0);
      });
      primitive.examples.forEach((example, number) => {
        const attributes = example.attributes ?? {};
        const name = `${primitive.name} example ${number}`;
        const inputs = exampleInputs(example as never, primitive.name, number);

        test(`example ${number}: shapes, dtypes and values`, async () => {
          const answer =
            (await jaxAnswer(primitive.name, inputs, attributes)) ?? plainAnswer(primitive.name, inputs, attributes);
          expect(answer, `${primitive.name} has neither an operation in jax-js nor a plain twin`).toBeDefined();
          const single = await outputsOf(primitive, inputs, attributes, 1);
          const error = compared(name, single, answer!);
          expect(error, `${name} against its oracle`).toBeLessThan(VALUE_LIMIT);
          const double = await outputsOf(primitive, inputs, attributes, 2);
          double.outputs.forEach((output, at) => {
            const limit = options.reorders?.includes(primitive.name) ? 1e-6 : 0;
            const difference = worstDifference(numbers(output), numbers(single.outputs[at]));
            expect(difference, `${name}, output ${at}, at 2 threads and at 1`).toBeLessThanOrEqual(limit);
          });
          if (error > worst.value) [worst.value, worst.valueAt] = [error, name];
        });

        const constants = (options.constants?.[primitive.name] ?? []).map((position) => `in${position}`);
        const floats = inputs.filter(({ dtype }, at) => dtype === "float32" && !constants.includes(`in${at}`));
        if (primitive.vjp === "not differentiable" || floats.length === 0) return;
        test.each([1, 2])(`example ${number}: gradients at %d threads`, async (threads) => {
          const report = await checkGradients({
            name,
            trace: (traced) => differentiated(primitive, inOrder(traced, inputs.length), attributes),
            inputs: named(inputs),
            constants,
            runtime: { device: "cpu", threads },
          });
          expect(report.error, `gradient of ${name} for ${report.worstAt}`).toBeLessThan(GRADIENT_LIMIT);
          worst.checked++;
          if (!options.rounds?.includes(primitive.name)) {
            expect(report.error32, `float32 gradient of ${name}`).toBeLessThan(VALUE_LIMIT);
            worst.gradient32 = Math.max(worst.gradient32, report.error32);
          }
          if (report.error > worst.gradient) [worst.gradient, worst.gradientAt] = [report.error, name];
        });
      });
    });
  }
  afterAll(() => {
    const figure = (value: number) => value.toExponential(1);
    process.stdout.write(
      `primitives: ${Object.keys(exported).length}; worst value ${figure(worst.value)} (${worst.valueAt}); ` +
        `worst gradient of ${worst.checked} checks ${figure(worst.gradient)} (${worst.gradientAt}), ` +
        `in float32 ${figure(worst.gradient32)}\n`,
    );
  });
}

interface Run {
  readonly inferred: readonly Tensor[];
  readonly outputs: readonly NdArray[];
}

async function outputsOf(
  primitive: Primitive,
  inputs: readonly NdArray[],
  attributes: Readonly<Record<string, unknown>>,
  threads: number,
): Promise<Run> {
  let inferred: readonly Tensor[] = [];
  const traced = (tensors: Readonly<Record<string, Tensor>>) => {
    inferred = primitive.all(inOrder(tensors, inputs.length), attributes);
    return Object.fromEntries(inferred.map((output, at) => [`out${at}`, output]));
  };
  await using compiled = compile(primitive.name, traced, { runtime: { device: "cpu", threads } });
  const results = await compiled.run(named(inputs));
  return { inferred, outputs: inferred.map((_, at) => results[`out${at}`]) };
}

/** Compares with the oracle; fails at once where form and inference disagree. */
function compared(name: string, { inferred, outputs }: Run, answer: readonly Plain[]): number {
  expect(outputs.length, `${name}: number of outputs`).toBe(answer.length);
  return Math.max(
    ...outputs.map((output, at) => {
      const { shape, dtype } = inferred[at];
      const form = { shape: output.shape, dtype: output.dtype };
      expect(form, `${name}, output ${at}: ONNX Runtime's form and the inferred one`).toEqual({ shape, dtype });
      expect(output.shape, `${name}, output ${at}: the oracle's shape`).toEqual([...answer[at].shape]);
      return worstDifference(numbers(output), answer[at].data);
    }),
  );
}

/** The output that carries a gradient, or all of them end to end. */
function differentiated(
  primitive: Primitive,
  inputs: readonly Tensor[],
  attributes: Readonly<Record<string, unknown>>,
): Tensor {
  const outputs = primitive.all(inputs, attributes);
  if (!primitive.differentiatesAll) return outputs[0];
  return concat(
    outputs.map((output) => output.reshape([-1])),
    0,
  );
}

function named(inputs: readonly NdArray[]): Arrays {
  return Object.fromEntries(inputs.map((array, at) => [`in${at}`, array]));
}

function inOrder(traced: Readonly<Record<string, Tensor>>, count: number): Tensor[] {
  return Array.from({ length: count }, (_, at) => traced[`in${at}`]);
}
