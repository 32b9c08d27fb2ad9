/**
 * One hundred products [512, 512] × [512, 512]: how near each side comes to what the CPU can do. It explains the other
 * figures: a dense step (the denoiser's) cannot be faster than its products, and CPUs with AVX-512 differ by half in them.
 */
import { Key, Stream } from "#random";
import { type Arrays, compile, float32, type NdArray } from "#tensor";
import { type Bench, type Setup, subject } from "../bench.ts";

const SIZE = 512;
const PRODUCTS = 100;
const KEY = Key.of(1).fold("gemm");

/** Multiples of 1/16 in [-1, 1]: sums of 512 products are exact in float32. */
function exactNumbers(name: string): NdArray {
  const stream = new Stream(KEY.fold(name));
  return float32(
    Float32Array.from({ length: SIZE * SIZE }, () => (stream.below(33) - 16) / 16),
    [SIZE, SIZE],
  );
}

async function ours(given: Arrays, { runtime }: Setup) {
  const { a, b } = given;
  const product = compile("gemm", (inputs) => ({ y: inputs.a.matmul(inputs.b) }), { runtime, reuseOutputs: true });
  const step = async () => {
    let corner = 0;
    for (let count = 0; count < PRODUCTS; count++) corner = Number((await product.run({ a, b })).y.data.at(-1));
    return corner;
  };
  return subject(step, () => product[Symbol.asyncDispose]());
}

export const gemm: Bench = {
  name: "gemm",
  unit: "ms",
  workload: "100 products of [512, 512] by [512, 512]: 26.8 GFLOP",
  arrays: async () => ({ a: exactNumbers("a"), b: exactNumbers("b") }),
  ours,
  peerOptions: () => ({ products: PRODUCTS }),
  compared: 1,
  tolerance: 0,
  warmUp: 1,
  turn: 1,
  turns: 7,
  compiles: false,
};
