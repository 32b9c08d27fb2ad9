/** What keeps an additive tokenizer's tokens from collapsing. */
export { barlowTwins } from "./barlow-twins.ts";
export { diversity } from "./diversity.ts";
export { meanSquare } from "./mean-square.ts";
