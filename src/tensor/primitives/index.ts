/** All primitives by name: the suite enumerates this namespace. */
export { elu, gelu, relu, silu, softplus } from "./activation.ts";
export { cachedAttention } from "./cached-attention.ts";
export {
  and,
  cast,
  equal,
  greater,
  greaterEqual,
  less,
  lessEqual,
  not,
  or,
  stopGradient,
  where,
} from "./comparison.ts";
export {
  abs,
  add,
  cos,
  div,
  erf,
  exp,
  floor,
  log,
  maximum,
  minimum,
  mul,
  neg,
  pow,
  sigmoid,
  sign,
  sin,
  sqrt,
  sub,
  tanh,
} from "./elementwise.ts";
export { gather, gatherElements, oneHot, scatterAdd, scatterElementsAdd } from "./indexing.ts";
export { concatenate, expand, pad, reshape, slice, split, transpose } from "./layout.ts";
export { linearCrossEntropy } from "./linear-cross-entropy.ts";
export { affine, matmul } from "./matmul.ts";
export { crossEntropy, layerNorm, logSoftmax, rmsNorm, softmax } from "./normalisation.ts";
export { topK } from "./order.ts";
export { quantisedAffine, quantisedProduct } from "./quantised.ts";
export { gru, gruGradient } from "./recurrent.ts";
export { cumsum, logSumExp, max, mean, min, sum } from "./reduction.ts";
export { rotary } from "./rotary.ts";
export { roundedAffine } from "./rounded.ts";
export { propagatedGradient, propagatedRows, sparseProduct } from "./sparse.ts";
