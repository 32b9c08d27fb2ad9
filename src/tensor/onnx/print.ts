/** An emitted graph as text, one node a line: what golden tests compare and people read. */
import type { Node } from "../primitive.ts";
import { showShape } from "../shape.ts";
import type { AttributeValue, Graph } from "./model.ts";

/** The graph as text: inputs, nodes in order, outputs. */
export function printGraph(graph: Graph): string {
  return `${linesOf(graph).join("\n")}\n`;
}

function linesOf(graph: Graph): string[] {
  const lines = [`graph ${graph.name}`];
  for (const { name, dtype, shape } of graph.inputs) lines.push(`  in ${name}: ${dtype} ${showShape(shape)}`);
  for (const { name, value } of graph.initializers) {
    if (/^(constant\d|#)/.test(name)) lines.push(`  constant ${name}: ${value.dtype} ${showShape(value.shape)}`);
  }
  for (const node of graph.nodes) {
    const operator = node.domain === "" ? node.operator : `${node.domain}.${node.operator}`;
    const attributes = Object.entries(node.attributes).map(([name, value]) => ` ${name}=${show(value)}`);
    lines.push(`  ${node.outputs.join(", ")} = ${operator}(${node.inputs.join(", ")})${attributes.join("")}`);
    for (const body of bodiesOf(node.attributes)) lines.push(...linesOf(body).map((line) => `    ${line}`));
  }
  for (const { name, dtype, shape } of graph.outputs) lines.push(`  out ${name}: ${dtype} ${showShape(shape)}`);
  return lines;
}

function bodiesOf(attributes: Readonly<Record<string, AttributeValue>>): Graph[] {
  return Object.values(attributes).flatMap((value) =>
    typeof value === "object" && "body" in value ? [value.body] : [],
  );
}

/** What the host computes between two graphs, one call a line. */
export function printCalls(
  calls: readonly { readonly node: Node; readonly output: string; readonly inputs: readonly string[] }[],
): string {
  return calls
    .map(({ node: { primitive, attributes }, output, inputs }) => {
      const shown = Object.entries(attributes).map(([name, value]) => ` ${name}=${JSON.stringify(value)}`);
      return `host ${output} = ${primitive.name}(${inputs.join(", ")})${shown.join("")}\n`;
    })
    .join("");
}

function show(value: AttributeValue): string {
  if (typeof value === "object" && "float" in value) return String(value.float);
  if (typeof value === "object" && "body" in value) return "↓";
  return Array.isArray(value) ? `[${value.join(",")}]` : String(value);
}
