/** Floor 5: vectors of items become tokens. */
export { type AdditiveOptions, AdditiveTokenizer } from "./additive.ts";
