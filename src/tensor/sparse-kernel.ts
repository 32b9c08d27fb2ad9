/**
 * Sparse times dense in WebAssembly, four float32 numbers an instruction.   y_r = scale · (base_r + Σ_c A_rc x_c)
 * Why: as the best loop in JavaScript a product of 308,000 entries by 64 columns takes 50 ms, here 4 (docs/log.md).
 * How: the matrix lives in the module's memory beside three tables of its height; dense arrays are copied in and out,
 * which costs as much as a product or less. Rows are read in chunks of up to 32 numbers that stay in registers.
 */
import { F32, F32X4, get, I32, instantiate, set, tee, V128, type WasmInstance } from "./wasm.ts";

/** Bytes a WebAssembly memory of 32-bit addresses can have. */
const MOST_BYTES = 2 ** 32 - 65536;

/** A matrix in compressed sparse rows: row r holds columns[starts[r] .. starts[r+1]]. */
interface CompressedRows {
  readonly rows: number;
  readonly columnCount: number;
  readonly starts: Int32Array;
  readonly columns: Int32Array;
  readonly values: Float32Array;
}

/** Where a table of dense rows lives in the kernel's memory. */
export interface Table {
  readonly at: number;
  readonly data: Float32Array;
}

export class SparseKernel {
  readonly #module: WasmInstance;
  readonly #matrix: {
    readonly rows: number;
    readonly starts: number;
    readonly columns: number;
    readonly values: number;
  };
  readonly #list: Int32Array;
  readonly #zero: number;
  /** Rows of the input, and two of the output's height. */
  readonly input: Table;
  readonly output: Table;
  readonly spare: Table;

  private constructor(
    matrix: CompressedRows,
    readonly width: number,
  ) {
    const places = placesOf(matrix, width);
    this.#module = instantiate(rowsFunction(vectorsOf(width), Math.ceil(places.end / 65536)));
    const { buffer } = this.#module.memory;
    new Int32Array(buffer, places.starts, matrix.rows + 1).set(matrix.starts);
    new Int32Array(buffer, places.columns, matrix.columns.length).set(matrix.columns);
    new Float32Array(buffer, places.values, matrix.values.length).set(matrix.values);
    this.#list = new Int32Array(buffer, places.list, matrix.rows);
    this.#matrix = { rows: places.list, starts: places.starts, columns: places.columns, values: places.values };
    this.#zero = places.zero;
    const table = (at: number, rows: number): Table => ({ at, data: new Float32Array(buffer, at, rows * width) });
    this.input = table(places.input, matrix.columnCount);
    this.output = table(places.output, matrix.rows);
    this.spare = table(places.spare, matrix.rows);
  }

  /** A kernel for dense rows of `width` numbers; undefined where rows are not whole vectors or memory would not do. */
  static for(matrix: CompressedRows, width: number): SparseKernel | undefined {
    if (width === 0 || width % 4 !== 0 || placesOf(matrix, width).end > MOST_BYTES) return undefined;
    return new SparseKernel(matrix, width);
  }

  /** y_r = scale · (base_r + Σ_c A_rc x_c) for the rows `only`, or for all. */
  product(
    x: Table,
    y: Table,
    { base, scale = 1, only }: { base?: Table; scale?: number; only?: Int32Array } = {},
  ): void {
    const count = only?.length ?? this.#list.length;
    if (count === 0) return;
    if (only === undefined) for (let row = 0; row < count; row++) this.#list[row] = row;
    else this.#list.set(only);
    const { rows, starts, columns, values } = this.#matrix;
    const bytes = this.width * 4;
    const [from, stride] = base === undefined ? [this.#zero, 0] : [base.at, bytes];
    this.#module.run(rows, rows + count * 4, starts, columns, values, x.at, y.at, from, stride, bytes, scale);
  }
}

/** Vectors of four numbers that a chunk of a row has. */
function vectorsOf(width: number): number {
  return [8, 4, 2, 1].find((vectors) => width % (vectors * 4) === 0) ?? 1;
}

/** Byte offsets of everything, aligned to vectors. */
function placesOf({ rows, columnCount, columns }: CompressedRows, width: number) {
  let end = 0;
  const room = (numbers: number) => {
    const at = end;
    end = Math.ceil((end + numbers * 4) / 64) * 64;
    return at;
  };
  const places = {
    starts: room(rows + 1),
    columns: room(columns.length),
    values: room(columns.length),
    list: room(rows),
    zero: room(width),
    input: room(columnCount * width),
    output: room(rows * width),
    spare: room(rows * width),
  };
  return { ...places, end };
}

// Parameters and locals of the function.
const [LIST, LIST_END, STARTS, COLUMNS, VALUES, X, Y, BASE, STRIDE, WIDTH, SCALE] = Array.from(
  { length: 11 },
  (_, at) => at,
);
const [ROW, FIRST, LAST, AT, CHUNK, FROM, TO, PLACE] = Array.from({ length: 8 }, (_, at) => 11 + at);
const [VALUE, FACTOR, SUMS] = [19, 20, 21];

const word = (offset: number) => [0x28, 2, offset]; // i32.load
const number = [0x2a, 2, 0]; // f32.load
const [PLUS, TIMES, BELOW, SHIFT] = [[0x6a], [0x6c], [0x49], [0x41, 2, 0x74]]; // add, mul, lt_u, << 2
const literal = (value: number) => [0x41, ...(value < 64 ? [value] : [(value & 127) | 128, value >> 7])];
const again = (depth: number) => [0x0d, depth]; // br_if
const LOOP = [0x03, 0x40];
const BLOCK = [0x02, 0x40];
const END = [0x0b];

/** The loops: rows of the list, chunks of a row, entries of the row. */
function rowsFunction(vectors: number, pages: number) {
  const sums = Array.from({ length: vectors }, (_, at) => at);
  const entry = [
    // place = x + columns[at] · width + chunk
    ...[...get(COLUMNS), ...get(AT), ...PLUS, ...word(0), ...get(WIDTH), ...TIMES, ...get(X), ...PLUS],
    ...[...get(CHUNK), ...PLUS, ...set(PLACE)],
    ...[...get(VALUES), ...get(AT), ...PLUS, ...number, ...F32X4.splat, ...set(VALUE)],
    ...sums.flatMap((at) => [
      ...[...get(SUMS + at), ...get(PLACE), ...F32X4.load(at * 16), ...get(VALUE), ...F32X4.mul, ...F32X4.add],
      ...set(SUMS + at),
    ]),
    ...[...get(AT), ...literal(4), ...PLUS, ...tee(AT), ...get(LAST), ...BELOW, ...again(0)],
  ];
  const chunk = [
    ...sums.flatMap((at) => [...get(FROM), ...get(CHUNK), ...PLUS, ...F32X4.load(at * 16), ...set(SUMS + at)]),
    ...[...get(FIRST), ...set(AT)],
    // A row without entries skips the loop: at the block's start, leave it unless first < last.
    ...[...BLOCK, ...get(FIRST), ...get(LAST), ...BELOW, 0x45, ...again(0), ...LOOP, ...entry, ...END, ...END],
    ...sums.flatMap((at) => [
      ...[...get(TO), ...get(CHUNK), ...PLUS, ...get(SUMS + at), ...get(FACTOR), ...F32X4.mul, ...F32X4.store(at * 16)],
    ]),
    ...[...get(CHUNK), ...literal(vectors * 16), ...PLUS, ...tee(CHUNK), ...get(WIDTH), ...BELOW, ...again(0)],
  ];
  const row = [
    ...[...get(LIST), ...word(0), ...set(ROW)],
    ...[...get(ROW), ...SHIFT, ...get(STARTS), ...PLUS, ...word(0), ...SHIFT, ...set(FIRST)],
    ...[...get(ROW), ...SHIFT, ...get(STARTS), ...PLUS, ...word(4), ...SHIFT, ...set(LAST)],
    ...[...get(ROW), ...get(WIDTH), ...TIMES, ...get(Y), ...PLUS, ...set(TO)],
    ...[...get(ROW), ...get(STRIDE), ...TIMES, ...get(BASE), ...PLUS, ...set(FROM)],
    ...[...literal(0), ...set(CHUNK), ...LOOP, ...chunk, ...END],
    ...[...get(LIST), ...literal(4), ...PLUS, ...tee(LIST), ...get(LIST_END), ...BELOW, ...again(0)],
  ];
  return {
    parameters: [...Array<number>(10).fill(I32), F32],
    locals: [
      [8, I32],
      [2 + vectors, V128],
    ] as const,
    body: [...get(SCALE), ...F32X4.splat, ...set(FACTOR), ...LOOP, ...row, ...END],
    pages,
  };
}
