/** What training makes small; each returns a tensor of shape []. */
export { bce } from "./bce.ts";
export { crossEntropy } from "./cross-entropy.ts";
export { maskedMean } from "./masked-mean.ts";
export { mse } from "./mse.ts";
export { type Sampled, sampledSoftmax } from "./sampled-softmax.ts";
