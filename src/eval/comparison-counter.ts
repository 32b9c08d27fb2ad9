/**
 * How many of a row's scores are below one of them, and how many are not: counted four at a time in WebAssembly. A validation
 * on Beauty compares 270 million; as the best loop in JavaScript that is most of what follows the matrix product.
 */
import { wasm } from "#tensor";

const { F32, F32X4, I32, I32X4, V128, get, set, tee } = wasm;
const PAGE = 65536;
/** Bytes before the scores: four counts of each kind. */
const COUNTS = 32;

export class ComparisonCounter {
  readonly #module: wasm.WasmInstance;
  readonly #counts: Int32Array;
  readonly #scores: Float32Array;
  readonly #end: number;

  /** For rows of `length` scores. */
  constructor(readonly length: number) {
    this.#end = COUNTS + Math.ceil(length / 4) * 16;
    this.#module = wasm.instantiate(counting(Math.ceil(this.#end / PAGE)));
    const { buffer } = this.#module.memory;
    this.#counts = new Int32Array(buffer, 0, 8);
    this.#scores = new Float32Array(buffer, COUNTS, (this.#end - COUNTS) / 4).fill(Number.NaN); // what fills up is neither
  }

  /** Of `scores` [length] beside `own`; a NaN is neither. */
  count(scores: Float32Array, own: number): { readonly below: number; readonly notBelow: number } {
    this.#scores.set(scores);
    this.#counts.fill(0);
    if (this.length > 0) this.#module.run(COUNTS, this.#end, own);
    const [a, b, c, d, e, f, g, h] = this.#counts;
    return { below: a + b + c + d, notBelow: e + f + g + h };
  }
}

/** run(from, to, own): over 16 bytes at a time. */
function counting(pages: number): wasm.WasmFunction {
  const [AT, END, NUMBER, BELOW, NOT_BELOW, OWN, FOUR] = [0, 1, 2, 3, 4, 5, 6];
  // A comparison that holds is -1.
  const counted = (into: number, comparison: readonly number[]) => [
    ...get(into),
    ...[...get(FOUR), ...get(OWN), ...comparison],
    ...I32X4.sub,
    ...set(into),
  ];
  const stored = (at: number, from: number) => [0x41, at, ...get(from), ...F32X4.store(0)]; // i32.const at
  return {
    parameters: [I32, I32, F32],
    locals: [[4, V128]],
    body: [
      ...[...get(NUMBER), ...F32X4.splat, ...set(OWN)],
      ...[0x03, 0x40], // loop
      ...[...get(AT), ...F32X4.load(0), ...set(FOUR)],
      ...counted(BELOW, F32X4.lt),
      ...counted(NOT_BELOW, F32X4.ge),
      ...[...get(AT), 0x41, 16, 0x6a, ...tee(AT), ...get(END), 0x49, 0x0d, 0], // again while at + 16 < end
      0x0b,
      ...stored(0, BELOW),
      ...stored(16, NOT_BELOW),
    ],
    pages,
  };
}
