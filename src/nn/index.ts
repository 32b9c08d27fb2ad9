/** Floor 3: layers and losses. */
export { Attention, causalMask, causalMaskOf, LOWEST, paddingMask } from "./attention.ts";
export { dropout } from "./dropout.ts";
export { Embedding } from "./embedding.ts";
export { FeedForward } from "./feed-forward.ts";
export { Gru } from "./gru.ts";
export { filled, type Init, normal, uniform } from "./init.ts";
export { Linear } from "./linear.ts";
export * from "./losses/index.ts";
export { LayerNorm, RmsNorm } from "./norm.ts";
export { type Angles, Rotary } from "./rotary.ts";
export { TransformerBlock } from "./transformer.ts";
export { Weights } from "./weights.ts";
