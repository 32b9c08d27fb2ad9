/** What training makes small; each returns a tensor of shape []. */
export { bce } from "./bce.ts";
export { bpr } from "./bpr.ts";
export { type ChunkedOptions, chunkedCrossEntropy } from "./chunked-cross-entropy.ts";
export { crossEntropy } from "./cross-entropy.ts";
export { type InfoNceOptions, infoNce } from "./info-nce.ts";
export { maskedMean } from "./masked-mean.ts";
export { mse } from "./mse.ts";
export { type Sampled, sampledSoftmax } from "./sampled-softmax.ts";
export { bprMax, type Ranked, top1 } from "./session-ranking.ts";
