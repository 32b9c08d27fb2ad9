/**
 * Arrays that graphs of several shapes draw into, one after the other: masks of a large batch are as large as its activations, and
 * kept for each shape they would be most of what a training takes.
 */
import { allocate, type DType, type NdArray, type TypedArray } from "./dtype.ts";
import { sizeOf } from "./shape.ts";

export class BufferPool {
  /** What nobody uses, whole. */
  readonly #free = new Map<DType, TypedArray[]>();
  /** What lies behind an array that was handed out. */
  readonly #behind = new WeakMap<TypedArray, TypedArray>();

  /** An array of this shape, whatever stands in it, until it is given back. */
  take(dtype: DType, shape: readonly number[]): NdArray {
    const size = sizeOf(shape);
    const free = this.#free.get(dtype) ?? [];
    this.#free.set(dtype, free);
    // The smallest that is large enough; where there is none, a larger one comes in the largest one's place.
    const fits = free.findIndex(({ length }) => length >= size);
    const [found] = free.splice(fits < 0 ? free.length - 1 : fits, 1);
    const whole = fits < 0 ? allocate(dtype, size) : found;
    const data = whole.length === size ? whole : whole.subarray(0, size);
    this.#behind.set(data, whole);
    return { dtype, shape, data };
  }

  give({ dtype, data }: NdArray): void {
    const whole = this.#behind.get(data) ?? data;
    const free = this.#free.get(dtype) ?? [];
    const larger = free.findIndex(({ length }) => length >= whole.length);
    free.splice(larger < 0 ? free.length : larger, 0, whole);
    this.#free.set(dtype, free);
  }
}
