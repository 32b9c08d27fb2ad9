/**
 * Adam's loop over whole arrays, in WebAssembly with four float32 numbers an instruction.
 * Why: a dense update of 2.4 million weights takes 10 ms as the best loop in JavaScript (4 to 5 ns an element, most of it
 * checks and conversions to float64), 5 ms here, copies included.
 * How: the module owns room for one block of each array. Blocks are copied in, stepped and copied back, so that weights
 * and moments stay ordinary arrays that belong to the trainer. The module is assembled below: it has one loop.
 */
import { wasm } from "#tensor";
import { type Coefficients, TINY } from "./descend.ts";

/** Elements of a block: four blocks are 128 kB and stay in a core's second cache. */
const BLOCK = 8192;
const BYTES = BLOCK * 4;

type Step = (
  end: number,
  beta1: number,
  fresh1: number,
  beta2: number,
  fresh2: number,
  rate: number,
  epsilon: number,
  scale: number,
  keep: number,
  tiny: number,
) => void;

interface Kernel {
  readonly step: Step;
  readonly weights: Float32Array;
  readonly gradient: Float32Array;
  readonly first: Float32Array;
  readonly second: Float32Array;
}

const { F32, F32X4, get, I32, instantiate, set, V128 } = wasm;
let kernel: Kernel | undefined;

/** One step of all elements: what `descend` does from beginning to end, in float32. */
export function descendAll(
  weights: Float32Array,
  gradient: Float32Array,
  first: Float32Array,
  second: Float32Array,
  { beta1, beta2, keep, rate, epsilon, scale }: Coefficients,
): void {
  kernel ??= assembled();
  for (let start = 0; start < weights.length; start += BLOCK) {
    const end = Math.min(start + BLOCK, weights.length);
    kernel.weights.set(weights.subarray(start, end));
    kernel.gradient.set(gradient.subarray(start, end));
    kernel.first.set(first.subarray(start, end));
    kernel.second.set(second.subarray(start, end));
    // Rounded up to whole vectors: what stands beyond the end is stepped too and not copied back.
    const bytes = Math.ceil((end - start) / 4) * 16;
    kernel.step(bytes, beta1, 1 - beta1, beta2, 1 - beta2, rate, epsilon, scale, keep, TINY);
    weights.set(kernel.weights.subarray(0, end - start), start);
    first.set(kernel.first.subarray(0, end - start), start);
    second.set(kernel.second.subarray(0, end - start), start);
  }
}

function assembled(): Kernel {
  const { run, memory } = instantiate({
    parameters: [I32, ...Array<number>(9).fill(F32)],
    locals: [
      [1, I32],
      [12, V128],
    ],
    body: body(),
    pages: Math.ceil((4 * BYTES) / 65536),
  });
  const [weights, gradient, first, second] = [0, 1, 2, 3].map(
    (block) => new Float32Array(memory.buffer, block * BYTES, BLOCK),
  );
  return { step: run, weights, gradient, first, second };
}

const { add: ADD, sub: SUB, mul: MUL, div: DIV, sqrt: SQRT, splat: SPLAT } = F32X4;

/** Locals: the ten parameters, the place in a block, nine parameters as vectors, and three of the loop. */
const END = 0;
const AT = 10;
const WIDE = 11; // [beta1, fresh1, beta2, fresh2, rate, epsilon, scale, keep, tiny]
const [BETA1, FRESH1, BETA2, FRESH2, RATE, EPSILON, SCALE, KEEP, SMALL] = Array.from(
  { length: 9 },
  (_, at) => WIDE + at,
);
const [G, M, V] = [WIDE + 9, WIDE + 10, WIDE + 11];

const load = (block: number) => [...get(AT), ...F32X4.load(block * BYTES)];
/** Needs the place on the stack before the value. */
const store = (block: number) => F32X4.store(block * BYTES);
const [W_BLOCK, G_BLOCK, M_BLOCK, V_BLOCK] = [0, 1, 2, 3];

function body(): number[] {
  const spread = Array.from({ length: 9 }, (_, at) => [...get(1 + at), ...SPLAT, ...set(WIDE + at)]).flat();
  const rounded = [...get(SMALL), ...ADD, ...get(SMALL), ...SUB];
  return [
    ...spread,
    ...[0x03, 0x40], // loop
    ...[...load(G_BLOCK), ...get(SCALE), ...MUL, ...set(G)],
    // m ← beta1 m + fresh1 g
    ...[...load(M_BLOCK), ...get(BETA1), ...MUL, ...get(G), ...get(FRESH1), ...MUL, ...ADD, ...rounded, ...set(M)],
    // v ← beta2 v + fresh2 g g
    ...[...load(V_BLOCK), ...get(BETA2), ...MUL, ...get(G), ...get(G), ...MUL, ...get(FRESH2), ...MUL, ...ADD],
    ...[...rounded, ...set(V)],
    ...[...get(AT), ...get(M), ...store(M_BLOCK)],
    ...[...get(AT), ...get(V), ...store(V_BLOCK)],
    // w ← keep w - rate m / (√v + epsilon)
    ...[...get(AT), ...load(W_BLOCK), ...get(KEEP), ...MUL, ...get(M), ...get(RATE), ...MUL],
    ...[...get(V), ...SQRT, ...get(EPSILON), ...ADD, ...DIV, ...SUB, ...store(W_BLOCK)],
    // at ← at + 16; again while at < end (i32.const, i32.add, local.tee, i32.lt_u, br_if)
    ...[...get(AT), 0x41, 16, 0x6a, 0x22, AT, ...get(END), 0x49, 0x0d, 0],
    0x0b, // end of the loop
  ];
}
