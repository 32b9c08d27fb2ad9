/** Floor 1: traced arrays, their gradients, and the ONNX graphs that compute them. */
import "./primitives/index.ts";

export { type Compiled, type CompileOptions, compilations, compile } from "./compile.ts";
export {
  type Arrays,
  allocate,
  bool,
  type DType,
  float32,
  int8,
  int32,
  type NdArray,
  type TypedArray,
  uint8,
} from "./dtype.ts";
export { type GgufFile, type GgufTensor, openGguf } from "./gguf/file.ts";
export type { MetadataValue } from "./gguf/header.ts";
export { PACKABLE, type PackedMatrix, packBlocks, packEight } from "./gguf/packed.ts";
export { gradients, type ParameterGradient, sparseGradients } from "./gradients.ts";
export { float16Table, toFloat16 } from "./half.ts";
export { type PortableGraph, type PortableInput, portable, writeOnnx } from "./portable.ts";
export { definePrimitive, type Example, type Primitive, RowGradient } from "./primitive.ts";
export * as primitives from "./primitives/index.ts";
export { concat, stack } from "./primitives/layout.ts";
export { SparseMatrix } from "./primitives/sparse.ts";
export {
  type OpenSafetensors,
  openSafetensors,
  readSafetensors,
  type Safetensors,
  writeSafetensors,
} from "./safetensors.ts";
export { type Device, loadRuntime, type OnnxFile, openOnnx, type Runtime } from "./session.ts";
export { type Dim, mergeDims, type Shape, showShape, sizeOf } from "./shape.ts";
export { constant, drawn, input, type Operand, parameter, Tensor } from "./tensor.ts";
export * as wasm from "./wasm.ts";
