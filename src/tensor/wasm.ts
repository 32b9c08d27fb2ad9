/**
 * WebAssembly modules assembled here: one function over one memory, for loops that need four float32 numbers an
 * instruction. Codes are those of the WebAssembly core specification 2.0, section 5.4.
 */

/** One function, and how many pages of 64 kB of memory it works on. */
export interface WasmFunction {
  /** Types of its parameters, which are its first locals. */
  readonly parameters: readonly number[];
  /** Further locals: so many of each type. */
  readonly locals: readonly (readonly [count: number, type: number])[];
  /** Instructions without the final `end`. */
  readonly body: readonly number[];
  readonly pages: number;
}

/** A module made ready: the function and its memory. */
export interface WasmInstance {
  readonly run: (...parameters: number[]) => void;
  readonly memory: { readonly buffer: ArrayBuffer };
}

interface WebAssemblyLike {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: WasmInstance };
}

/** Types. */
export const I32 = 0x7f;
export const F32 = 0x7d;
export const V128 = 0x7b;

/** Instructions on four float32 numbers. */
const vector = (code: number): readonly number[] => [0xfd, ...unsigned(code)];
export const F32X4 = {
  load: (offset: number) => [...vector(0), 4, ...unsigned(offset)],
  store: (offset: number) => [...vector(11), 4, ...unsigned(offset)],
  splat: vector(0x13),
  add: vector(0xe4),
  sub: vector(0xe5),
  mul: vector(0xe6),
  div: vector(0xe7),
  sqrt: vector(0xe3),
  /** All bits of a number's place where the first is below, or not below, the second; none where either is NaN. */
  lt: vector(0x43),
  ge: vector(0x46),
} as const;
/** Instructions on four int32 numbers. */
export const I32X4 = { sub: vector(0xb1) } as const;

/** Locals. */
export const get = (local: number): number[] => [0x20, local];
export const set = (local: number): number[] => [0x21, local];
export const tee = (local: number): number[] => [0x22, local];

/** Assembles and instantiates. */
export function instantiate(made: WasmFunction): WasmInstance {
  // TypeScript declares WebAssembly in its DOM library only, which a Node program does not load.
  const { WebAssembly } = globalThis as unknown as { WebAssembly: WebAssemblyLike };
  return new WebAssembly.Instance(new WebAssembly.Module(moduleBytes(made))).exports;
}

function moduleBytes({ parameters, locals, body, pages }: WasmFunction): Uint8Array<ArrayBuffer> {
  const code = [locals.length, ...locals.flat(), ...body, 0x0b];
  const name = (text: string) => [text.length, ...new TextEncoder().encode(text)];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0], // "\0asm", version 1
    ...section(1, [1, 0x60, parameters.length, ...parameters, 0]), // one type: parameters → ()
    ...section(3, [1, 0]), // one function of it
    ...section(5, [1, 0, ...unsigned(pages)]), // one memory
    ...section(7, [2, ...name("run"), 0, 0, ...name("memory"), 2, 0]), // exports
    ...section(10, [1, ...unsigned(code.length), ...code]),
  ]);
}

function section(id: number, content: readonly number[]): number[] {
  return [id, ...unsigned(content.length), ...content];
}

/** LEB128. */
export function unsigned(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...unsigned(value >>> 7)];
}
