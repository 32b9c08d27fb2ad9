/**
 * Reverse-mode differentiation over the graph: from a loss of shape [] back to parameters, in one sweep.
 * A gather from a parameter leaves row gradients beside the dense one, so that an item table's gradient stays as small
 * as the batch.
 */
import { ShapeError } from "#base";
import { RowGradient } from "./primitive.ts";
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
  for (const tensor of [...order].reverse()) {
    const { source } = tensor;
    const gradient = reached.get(tensor)?.dense;
    if (source.kind !== "output" || gradient === undefined) continue;
    const { primitive, inputs, outputs, attributes } = source.node;
    if (source.index !== 0)
      throw new Error(`internal: output ${source.index} of ${primitive.name} carries no gradient`);
    if (primitive.vjp === "not differentiable") continue;
    const parts = primitive.vjp(gradient, inputs, { output: tensor, outputs, attributes });
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
