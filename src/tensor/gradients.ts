/**
 * Reverse-mode differentiation over the graph: from a loss of shape [] back to parameters, in one sweep.
 * A gather from a parameter leaves row gradients beside the dense one, so that an item table's gradient stays as small
 * as the batch.
 */
import { ShapeError } from "#base";
import { type Node, type Primitive, RowGradient } from "./primitive.ts";
import { zerosLike } from "./primitives/broadcast.ts";
import { showShape } from "./shape.ts";
import { constant, type Tensor } from "./tensor.ts";

/** What reached one parameter; a parameter that nothing reached has neither. */
export interface ParameterGradient {
  readonly dense?: Tensor;
  readonly rows: readonly RowGradient[];
}

/** d loss / d leaf for each of `leaves` (parameters or inputs), as dense part and rows. */
export function sparseGradients(loss: Tensor, leaves: readonly Tensor[]): ParameterGradient[] {
  if (loss.rank !== 0) {
    throw new ShapeError(
      `gradients: expected a loss of shape [], got ${showShape(loss.shape)}. Reduce it with mean() or sum().`,
    );
  }
  const order = dependents(loss, new Set(leaves));
  const reached = new Map<Tensor, { dense?: Tensor; rows: RowGradient[] }>();
  if (order.has(loss)) reached.set(loss, { dense: constant(1, loss.dtype), rows: [] });
  const first = firstOutputs(order);
  for (const tensor of [...order].reverse()) {
    const { source } = tensor;
    // A node is differentiated when the first of its outputs is met: by then all consumers of all its outputs are done.
    if (source.kind !== "output" || first.get(source.node) !== tensor) continue;
    const { primitive, inputs, outputs, attributes } = source.node;
    const gradients = outputs.map((output) => reached.get(output)?.dense);
    if (primitive.vjp === "not differentiable" || gradients.every((gradient) => gradient === undefined)) continue;
    const parts = primitive.vjp(gradientOf(primitive, gradients, outputs), inputs, {
      output: outputs[0],
      outputs,
      gradients,
      attributes,
    });
    inputs.forEach((child, position) => {
      const part = parts[position];
      if (part === null || part === undefined || !order.has(child)) return;
      const sum = reached.get(child) ?? { rows: [] };
      if (part instanceof RowGradient) sum.rows.push(part);
      else sum.dense = sum.dense === undefined ? part : sum.dense.add(part);
      reached.set(child, sum);
    });
  }
  return leaves.map((leaf) => reached.get(leaf) ?? { rows: [] });
}

/** d loss / d leaf as one tensor each; rows are scattered, and a leaf that nothing reached gets zeros. */
export function gradients(loss: Tensor, leaves: readonly Tensor[]): Tensor[] {
  return sparseGradients(loss, leaves).map(({ dense, rows }, position) => {
    const leaf = leaves[position];
    let total = dense ?? constant(0, leaf.dtype).expand(leaf.shape);
    for (const { indices, rows: values } of rows) total = total.scatterAdd(indices, values);
    return total;
  });
}

/** Of each node the output that stands first in the order. */
function firstOutputs(order: ReadonlySet<Tensor>): Map<Node, Tensor> {
  const first = new Map<Node, Tensor>();
  for (const tensor of order) {
    if (tensor.source.kind === "output" && !first.has(tensor.source.node)) first.set(tensor.source.node, tensor);
  }
  return first;
}

/** The first output's gradient; zeros where only other outputs were used. */
function gradientOf(
  { name, differentiatesAll = false }: Primitive,
  gradients: readonly (Tensor | undefined)[],
  outputs: readonly Tensor[],
): Tensor {
  const other = gradients.findIndex((gradient, index) => index > 0 && gradient !== undefined);
  if (other > 0 && !differentiatesAll) throw new Error(`internal: output ${other} of ${name} carries no gradient`);
  return gradients[0] ?? zerosLike(outputs[0]);
}

/** Tensors between the leaves and the loss, in an order where inputs come first. */
function dependents(loss: Tensor, leaves: ReadonlySet<Tensor>): Set<Tensor> {
  const depends = new Map<Tensor, boolean>();
  const order = new Set<Tensor>();
  const stack: { tensor: Tensor; next: number }[] = [{ tensor: loss, next: 0 }];
  while (stack.length > 0) {
    const top = stack[stack.length - 1];
    const { tensor } = top;
    const inputs = tensor.source.kind === "output" ? tensor.source.node.inputs : [];
    if (top.next < inputs.length && !depends.has(tensor)) {
      const child = inputs[top.next++];
      if (!depends.has(child)) stack.push({ tensor: child, next: 0 });
      continue;
    }
    stack.pop();
    if (depends.has(tensor)) continue;
    const found = leaves.has(tensor) || inputs.some((child) => depends.get(child));
    depends.set(tensor, found);
    if (found) order.add(tensor);
  }
  return order;
}
