/**
 * Where everything stands in the sequence that the backbone reads, and who sees whom.
 *   K tokens an item, oldest item first | [PREF] queries of each asked position | places for a response
 * A token sees the tokens before it and itself. A query of position t sees the tokens of items 0..t, itself and the queries
 * of t before it, never another position's: in training every position is asked at once and gets the state it would get alone at the end, where it
 * stands when the model is used. The response follows the last query, and sees what that one sees, it, and what is written.
 */
import { LOWEST } from "#nn";
import { float32, int32, type NdArray } from "#tensor";

export interface Layout {
  /** Additive mask [Q, Q] over all places. */
  readonly mask: NdArray<Float32Array>;
  /** How many items lie between two places, 0 between those of one item: [Q, Q]. */
  readonly distances: NdArray<Int32Array>;
}

export interface LayoutOptions {
  /** Every position is asked, or the last one alone. */
  readonly asked: "every" | "last";
  /** Words of the response that are read. */
  readonly words: number;
  /** [PREF] queries an asked position. */
  readonly queries?: number;
}

/** The layout of `items` items of `ways` tokens. */
export function layoutOf(items: number, ways: number, { asked, words, queries = 1 }: LayoutOptions): Layout {
  const places: { item: number; kind: "token" | "query" | "response"; order: number }[] = [];
  for (let item = 0; item < items; item++) {
    for (let way = 0; way < ways; way++) places.push({ item, kind: "token", order: places.length });
  }
  for (let item = asked === "every" ? 0 : items - 1; item < items; item++) {
    for (let query = 0; query < queries; query++) places.push({ item, kind: "query", order: places.length });
  }
  for (let word = 0; word < words; word++) places.push({ item: items - 1, kind: "response", order: places.length });
  const count = places.length;
  const mask = new Float32Array(count * count).fill(LOWEST);
  const distances = new Int32Array(count * count);
  places.forEach((from, row) => {
    places.forEach((to, column) => {
      const before = to.kind === "token" ? to.item <= from.item && to.order <= from.order : sees(from, to);
      if (before) mask[row * count + column] = 0;
      distances[row * count + column] = Math.max(0, from.item - to.item);
    });
  });
  return { mask: float32(mask, [count, count]), distances: int32(distances, [count, count]) };
}

/** Queries and responses see themselves and what stands before them of the same position: its queries, its words. */
function sees(from: { item: number; kind: string; order: number }, to: { item: number; kind: string; order: number }) {
  if (from.order === to.order) return true;
  return from.kind !== "token" && to.item === from.item && to.order < from.order;
}
