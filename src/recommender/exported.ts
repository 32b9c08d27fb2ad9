/**
 * A model for the world outside: what it knows as named arrays, how scores follow from them in words, and, where a model is
 * a graph, the graph from histories to scores, traced by the code that it answers with here.
 */
import type { Arrays, PortableGraph, PortableInput } from "#tensor";

export interface Exported {
  /** What the model knows; the graph's weights among them, under their addresses. */
  readonly arrays: Arrays;
  /** How scores follow from the arrays, a line each: enough to compute them without this package. */
  readonly formula: readonly string[];
  readonly graph?: ExportedGraph;
}

export interface ExportedGraph extends PortableGraph {
  /** How many of a history's last items it reads at most. */
  readonly maxLength: number;
}

/** What a history looks like to an exported graph; a graph takes those of them that it needs. */
export const HISTORY_INPUTS = {
  items: { dtype: "int32", shape: ["B", "T"] },
  positions: { dtype: "int32", shape: ["T"] },
  last: { dtype: "int32", shape: ["B"] },
} as const satisfies Readonly<Record<string, PortableInput>>;

/** The same in words. */
export const HISTORY_INPUT_WORDS: Readonly<Record<keyof typeof HISTORY_INPUTS, string>> = {
  items: "int32 [B, T]: the last items of each history by index, oldest first, filled up with 0 on the right",
  positions: "int32 [T]: 0, 1, …, T − 1",
  last: "int32 [B]: where each history's newest item stands in the flattened items, row · T + length − 1",
};
