/**
 * Cuts a graph where a primitive runs on the host: segment 0, host calls, segment 1, host calls, …
 * A tensor's level is the number of host calls on the longest way to it; a segment computes one level.
 */
import type { Node } from "./primitive.ts";
import type { Tensor } from "./tensor.ts";

export interface Segment {
  /** Tensors fed to this segment although other nodes compute them. */
  readonly cuts: readonly Tensor[];
  /** Tensors that later segments, host calls or the caller need from it. */
  readonly outputs: readonly Tensor[];
  /** Host calls that follow it. */
  readonly calls: readonly Node[];
}

/** Whether a node is computed on the host. */
export function onHost(node: Node): boolean {
  return typeof node.primitive.onnx === "object";
}

/** The segments, in the order in which they run. */
export function partition(outputs: readonly Tensor[]): Segment[] {
  const levels = measure(outputs);
  const depth = Math.max(0, ...levels.values());
  const needed = Array.from({ length: depth + 1 }, () => new Set<Tensor>());
  const cuts = Array.from({ length: depth + 1 }, () => new Set<Tensor>());
  const calls = Array.from({ length: depth + 1 }, () => new Set<Node>());
  for (const [tensor, level] of levels) {
    if (tensor.source.kind !== "output") continue;
    const { node } = tensor.source;
    if (onHost(node)) calls[level - 1].add(node);
    for (const child of node.inputs) {
      if (child.source.kind !== "output") continue;
      const below = levels.get(child)!;
      const computedHere = !onHost(child.source.node);
      if (onHost(node)) {
        if (computedHere) needed[below].add(child);
      } else if (below < level || !computedHere) {
        if (computedHere) needed[below].add(child);
        cuts[level].add(child);
      }
    }
  }
  for (const output of outputs) {
    if (output.source.kind !== "output" || !onHost(output.source.node)) needed[levels.get(output)!].add(output);
  }
  return needed.map((set, level) => ({ cuts: [...cuts[level]], outputs: [...set], calls: [...calls[level]] }));
}

function measure(outputs: readonly Tensor[]): Map<Tensor, number> {
  const levels = new Map<Tensor, number>();
  const stack = [...outputs];
  while (stack.length > 0) {
    const tensor = stack[stack.length - 1];
    const inputs = tensor.source.kind === "output" ? tensor.source.node.inputs : [];
    const waiting = levels.has(tensor) ? [] : inputs.filter((child) => !levels.has(child));
    if (waiting.length > 0) {
      stack.push(...waiting);
      continue;
    }
    stack.pop();
    if (levels.has(tensor)) continue;
    const deepest = Math.max(0, ...inputs.map((child) => levels.get(child)!));
    levels.set(tensor, tensor.source.kind === "output" && onHost(tensor.source.node) ? deepest + 1 : deepest);
  }
  return levels;
}
