/**
 * The part of the ONNX file format that a graph needs, as protobuf messages (field numbers from onnx/onnx.proto, IR
 * version 10). protobufjs does the encoding.
 */
import protobuf from "protobufjs/light.js";
import type { DType, NdArray } from "../dtype.ts";
import type { Dim } from "../shape.ts";

/** TensorProto.DataType. */
export const ELEMENT_TYPE: Readonly<Record<DType, number>> = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
  float64: 11,
};

export interface GraphNode {
  readonly operator: string;
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, AttributeValue>>;
}

/** number: int · { float } · number[]: ints · string · { body }: a graph that the node runs */
export type AttributeValue =
  | number
  | { readonly float: number }
  | { readonly body: Graph }
  | readonly number[]
  | string;

export interface GraphValue {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly Dim[];
}

/** A value that is part of a graph. */
export interface Initializer {
  readonly name: string;
  readonly value: NdArray;
  /** Where its bytes stand when not in the graph's own file: in a file beside it. */
  readonly external?: { readonly file: string; readonly offset: number; readonly length: number };
}

export interface Graph {
  readonly name: string;
  readonly nodes: readonly GraphNode[];
  readonly initializers: readonly Initializer[];
  readonly inputs: readonly GraphValue[];
  readonly outputs: readonly GraphValue[];
}

const OPSET = 20;

const root = protobuf.Root.fromJSON({
  nested: {
    Attribute: {
      fields: {
        name: { type: "string", id: 1 },
        f: { type: "float", id: 2 },
        i: { type: "int64", id: 3 },
        s: { type: "bytes", id: 4 },
        g: { type: "Graph", id: 6 },
        ints: { rule: "repeated", type: "int64", id: 8, options: { packed: false } },
        type: { type: "int32", id: 20 },
      },
    },
    Node: {
      fields: {
        input: { rule: "repeated", type: "string", id: 1 },
        output: { rule: "repeated", type: "string", id: 2 },
        name: { type: "string", id: 3 },
        opType: { type: "string", id: 4 },
        attribute: { rule: "repeated", type: "Attribute", id: 5 },
        domain: { type: "string", id: 7 },
      },
    },
    TensorData: {
      fields: {
        dims: { rule: "repeated", type: "int64", id: 1, options: { packed: false } },
        dataType: { type: "int32", id: 2 },
        name: { type: "string", id: 8 },
        rawData: { type: "bytes", id: 9 },
        externalData: { rule: "repeated", type: "Entry", id: 13 },
        dataLocation: { type: "int32", id: 14 },
      },
    },
    Entry: { fields: { key: { type: "string", id: 1 }, value: { type: "string", id: 2 } } },
    Dimension: { fields: { dimValue: { type: "int64", id: 1 }, dimParam: { type: "string", id: 2 } } },
    TensorShape: { fields: { dim: { rule: "repeated", type: "Dimension", id: 1 } } },
    TensorType: { fields: { elemType: { type: "int32", id: 1 }, shape: { type: "TensorShape", id: 2 } } },
    Type: { fields: { tensorType: { type: "TensorType", id: 1 } } },
    ValueInfo: { fields: { name: { type: "string", id: 1 }, type: { type: "Type", id: 2 } } },
    Graph: {
      fields: {
        node: { rule: "repeated", type: "Node", id: 1 },
        name: { type: "string", id: 2 },
        initializer: { rule: "repeated", type: "TensorData", id: 5 },
        input: { rule: "repeated", type: "ValueInfo", id: 11 },
        output: { rule: "repeated", type: "ValueInfo", id: 12 },
      },
    },
    OperatorSet: { fields: { domain: { type: "string", id: 1 }, version: { type: "int64", id: 2 } } },
    Model: {
      fields: {
        irVersion: { type: "int64", id: 1 },
        producerName: { type: "string", id: 2 },
        graph: { type: "Graph", id: 7 },
        opsetImport: { rule: "repeated", type: "OperatorSet", id: 8 },
      },
    },
  },
});
const Model = root.lookupType("Model");

/** Bytes beside a graph, by the name under which the graph points to them. */
export interface External {
  readonly path: string;
  readonly data: Uint8Array;
}

/** Values of at least this many bytes stand beside a graph that is handed to a session: its own file ends at 2 GB. */
const LARGE = 1 << 20;

/** A graph for a session of this process: large values stay in the arrays they are in. */
export function encodeForSession(graph: Graph): { readonly model: Uint8Array; readonly beside: readonly External[] } {
  const beside: External[] = [];
  const initializers = graph.initializers.map((initializer) => {
    const { buffer, byteOffset, byteLength } = initializer.value.data;
    if (byteLength < LARGE || initializer.external !== undefined) return initializer;
    const path = `${beside.length}`;
    beside.push({ path, data: new Uint8Array(buffer, byteOffset, byteLength) });
    return { ...initializer, external: { file: path, offset: 0, length: byteLength } };
  });
  return { model: encodeModel({ ...graph, initializers }), beside };
}

/** The bytes of an ONNX file. */
export function encodeModel(graph: Graph): Uint8Array {
  return Model.encode({
    irVersion: 10,
    producerName: "deftrec",
    opsetImport: [
      { domain: "", version: OPSET },
      { domain: "com.microsoft", version: 1 },
    ],
    graph: encodeGraph(graph),
  }).finish();
}

function encodeGraph(graph: Graph): object {
  return {
    name: graph.name,
    node: graph.nodes.map((node) => ({
      name: node.outputs[0],
      opType: node.operator,
      domain: node.domain,
      input: node.inputs,
      output: node.outputs,
      attribute: Object.entries(node.attributes).map(([name, value]) => encodeAttribute(name, value)),
    })),
    initializer: graph.initializers.map(encodeInitializer),
    input: graph.inputs.map(encodeValue),
    output: graph.outputs.map(encodeValue),
  };
}

function encodeInitializer({ name, value, external }: Initializer): object {
  const described = { name, dims: value.shape, dataType: ELEMENT_TYPE[value.dtype] };
  if (external === undefined) {
    const { buffer, byteOffset, byteLength } = value.data;
    return { ...described, rawData: new Uint8Array(buffer, byteOffset, byteLength) };
  }
  const { file, offset, length } = external;
  const entries = Object.entries({ location: file, offset: String(offset), length: String(length) });
  return { ...described, externalData: entries.map(([key, value]) => ({ key, value })), dataLocation: 1 };
}

function encodeAttribute(name: string, value: AttributeValue) {
  if (typeof value === "number") return { name, i: value, type: 2 };
  if (typeof value === "string") return { name, s: new TextEncoder().encode(value), type: 3 };
  if ("float" in value) return { name, f: value.float, type: 1 };
  if ("body" in value) return { name, g: encodeGraph(value.body), type: 5 };
  return { name, ints: value, type: 7 };
}

function encodeValue({ name, dtype, shape }: GraphValue) {
  const dim = shape.map((size) => (typeof size === "number" ? { dimValue: size } : { dimParam: size }));
  return { name, type: { tensorType: { elemType: ELEMENT_TYPE[dtype], shape: { dim } } } };
}
