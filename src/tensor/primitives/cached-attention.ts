/**
 * Attention of S new places over P cached ones and themselves, whose query heads share key and value heads in groups of
 * G = H / Hkv:   y = softmax(Q [Kp K] + mask) [Vp; V]
 * Few new places: scores of the cache and of the new keys are products of their own, so that the cache is never copied; each query
 * head is one, which is fastest for one row. Many: keys are copied together, which is less than putting scores together, and
 * the rows of a group's heads stand below each other. Which of the two is known when the graph runs, where S has a name.
 */
import { ShapeError } from "#base";
import type { Emitter } from "../onnx/emit.ts";
import { definePrimitive, method } from "../primitive.ts";
import { type Dim, mergeDims, sameShape } from "../shape.ts";
import { operands, type Tensor } from "../tensor.ts";
import { requireKind } from "./broadcast.ts";

/** What stands before the new places, and who sees what, additive. */
export interface Cached {
  readonly keys: Tensor; // [B, Hkv, 1, d, P]
  readonly values: Tensor; // [B, Hkv, 1, P, d]
  readonly past: Tensor; // [B, 1, 1, 1, P]
  readonly among: Tensor; // [B, 1, 1, S, S]
}

declare module "../tensor.ts" {
  interface Tensor {
    /** Scaled queries [B, H, S, d] over a cache and new keys [B, Hkv, d, S] and values [B, Hkv, S, d] → [B, H, S, d]. */
    cachedAttention(keys: Tensor, values: Tensor, cached: Cached): Tensor;
  }
}

/** From so many new places on they are many. */
const MANY = 32;

export const cachedAttention = definePrimitive("cachedAttention", {
  infer: ([query, ...others]) => {
    requireKind("cachedAttention", "float", query, ...others);
    return { shape: query.shape, dtype: query.dtype };
  },
  vjp: "not differentiable",
  onnx: (emit, names, { inputs }) => {
    const length = inputs[0].shape[2];
    const parts = emitParts(emit, names, inputs);
    if (typeof length === "number") return length < MANY ? few(emit, parts) : many(emit, parts);
    const branch = (write: typeof few) => ({
      body: emit.body([], [{ shape: inputs[0].shape, dtype: inputs[0].dtype }], () => [write(emit, parts)]),
    });
    const isMany = emit.node("GreaterOrEqual", [emit.size(length), emit.ints([MANY])]);
    return emit.node("If", [isMany], { attributes: { then_branch: branch(many), else_branch: branch(few) } });
  },
  examples: [exampleOf(3), exampleOf(MANY)],
});

function exampleOf(length: number) {
  const [batch, heads, keyValueHeads, width, past] = [2, 4, 2, 3, 5];
  return {
    inputs: [
      [batch, heads, length, width],
      [batch, keyValueHeads, width, length],
      [batch, keyValueHeads, length, width],
      [batch, keyValueHeads, 1, width, past],
      [batch, keyValueHeads, 1, past, width],
      [batch, 1, 1, 1, past],
      [batch, 1, 1, length, length],
    ],
  };
}

type Parts = ReturnType<typeof emitParts>;

/** What both ways read: written outside of them, most of it once for all layers. */
function emitParts(emit: Emitter, names: readonly string[], [query, , newValues, cachedKeys]: readonly Tensor[]) {
  const [batch, heads, length, width] = query.shape;
  const [keyValueHeads, past] = [newValues.shape[1], cachedKeys.shape[4]];
  const group = Number(heads) / Number(keyValueHeads);
  const [rows, keys, values, pastKeys, pastValues, pastMask, amongMask] = names;
  const seen = emit.node("Expand", [pastMask, emit.shape([batch, 1, 1, length, past])]);
  const shaped = (name: string, ...shape: Dim[]) => emit.node("Reshape", [name, emit.shape(shape)]);
  return {
    query: shaped(rows, batch, keyValueHeads, group, length, width), // [B, Hkv, G, S, d]
    keys: shaped(keys, batch, keyValueHeads, 1, width, length), // [B, Hkv, 1, d, S]
    values: shaped(values, batch, keyValueHeads, 1, length, width), // [B, Hkv, 1, S, d]
    pastKeys,
    pastValues,
    mask: emit.node("Concat", [seen, amongMask], { attributes: { axis: -1 } }), // [B, 1, 1, S, P + S]
    sizes: emit.node("Concat", [emit.size(past), emit.size(length)], { attributes: { axis: 0 } }),
    /** Heads of a group below each other, and apart again. */
    below: emit.shape([batch, keyValueHeads, 1, mergeDims([group, length]), -1]),
    apart: emit.shape([batch, keyValueHeads, group, length, -1]),
    whole: emit.shape(query.shape),
  };
}

function few(emit: Emitter, { query, keys, values, pastKeys, pastValues, mask, sizes, whole }: Parts): string {
  const product = (a: string, b: string) => emit.node("MatMul", [a, b]);
  const scores = emit.node("Concat", [product(query, pastKeys), product(query, keys)], { attributes: { axis: -1 } });
  const shares = emit.node("Softmax", [emit.node("Add", [scores, mask])], { attributes: { axis: -1 } });
  const [past, among] = emit.nodes("Split", [shares, sizes], { attributes: { axis: -1 }, outputs: 2 });
  return emit.node("Reshape", [emit.node("Add", [product(past, pastValues), product(among, values)]), whole]);
}

function many(emit: Emitter, parts: Parts): string {
  const { query, keys, values, pastKeys, pastValues, mask, below, apart, whole } = parts;
  const joined = (a: string, b: string, axis: number) => emit.node("Concat", [a, b], { attributes: { axis } });
  const rows = emit.node("Reshape", [query, below]); // [B, Hkv, 1, G·S, d]
  const scores = emit.node("MatMul", [rows, joined(pastKeys, keys, 4)]); // [B, Hkv, 1, G·S, P + S]
  const masked = emit.node("Add", [emit.node("Reshape", [scores, apart]), mask]);
  const shares = emit.node("Reshape", [emit.node("Softmax", [masked], { attributes: { axis: -1 } }), below]);
  return emit.node("Reshape", [emit.node("MatMul", [shares, joined(pastValues, values, 3)]), whole]);
}

method("cachedAttention", function (this: Tensor, newKeys, newValues, { keys, values, past, among }: Cached) {
  const [batch, heads, length, width] = this.shape;
  const [, shared, , , before] = keys.shape;
  const fits =
    this.rank === 4 &&
    Number(heads) % Number(shared) === 0 &&
    sameShape(newKeys.shape, [batch, shared, width, length]) &&
    sameShape(newValues.shape, [batch, shared, length, width]) &&
    sameShape(keys.shape, [batch, shared, 1, width, before]) &&
    sameShape(values.shape, [batch, shared, 1, before, width]) &&
    sameShape(past.shape, [batch, 1, 1, 1, before]) &&
    sameShape(among.shape, [batch, 1, 1, length, length]);
  if (!fits) {
    throw new ShapeError(
      `cachedAttention: expected queries [B, H, S, d], new keys [B, Hkv, d, S] and values [B, Hkv, S, d], cached keys [B, Hkv, 1, d, P] and values [B, Hkv, 1, P, d], and masks [B, 1, 1, 1, P] and [B, 1, 1, S, S], got ${[this, newKeys, newValues, keys, values, past, among].map(({ label }) => label).join(", ")}.`,
    );
  }
  const all = operands("cachedAttention", this, newKeys, newValues, keys, values, past, among);
  return cachedAttention.apply(all, {});
});
