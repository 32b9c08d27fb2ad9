/** Element types of tensors. "float" work is float32; checks run the same graph in float64; bytes, signed or not, hold packed weights. */
export type DType = "float32" | "float64" | "int64" | "int32" | "int8" | "uint8" | "bool";

/** The typed array that holds a dtype's elements (bool: one byte each, 0 or 1). */
export type TypedArray = Float32Array | Float64Array | BigInt64Array | Int32Array | Int8Array | Uint8Array;

/** A concrete array on the host: what is fed to, returned from and stored beside graphs. */
export interface NdArray<T extends TypedArray = TypedArray> {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: T;
}

/** Arrays by name or address. */
export type Arrays = Readonly<Record<string, NdArray>>;

const CONSTRUCTORS = {
  float32: Float32Array,
  float64: Float64Array,
  int64: BigInt64Array,
  int32: Int32Array,
  int8: Int8Array,
  uint8: Uint8Array,
  bool: Uint8Array,
} as const;

/** A zero-filled typed array of `length` elements. */
export function allocate(dtype: DType, length: number): TypedArray {
  return new CONSTRUCTORS[dtype](length);
}

/** Wraps or builds a float32 array. */
export function float32(data: Float32Array | readonly number[], shape: readonly number[]): NdArray<Float32Array> {
  return { dtype: "float32", shape, data: data instanceof Float32Array ? data : Float32Array.from(data) };
}

/** Wraps or builds an int32 array. */
export function int32(data: Int32Array | readonly number[], shape: readonly number[]): NdArray<Int32Array> {
  return { dtype: "int32", shape, data: data instanceof Int32Array ? data : Int32Array.from(data) };
}

/** Wraps an array of signed bytes. */
export function int8(data: Int8Array, shape: readonly number[]): NdArray<Int8Array> {
  return { dtype: "int8", shape, data };
}

/** Wraps an array of bytes. */
export function uint8(data: Uint8Array, shape: readonly number[]): NdArray<Uint8Array> {
  return { dtype: "uint8", shape, data };
}

/** Wraps or builds a bool array. */
export function bool(data: Uint8Array | readonly number[], shape: readonly number[]): NdArray<Uint8Array> {
  return { dtype: "bool", shape, data: data instanceof Uint8Array ? data : Uint8Array.from(data) };
}
