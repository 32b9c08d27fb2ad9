/** Floor 2: keys and what is drawn with them. */
export { fillBernoulli } from "./bernoulli.ts";
export { type Floats, fillGumbel, fillNormal, fillUniform } from "./continuous.ts";
export { dropoutMask, fillDropoutMask } from "./dropout-mask.ts";
export { Key } from "./key.ts";
export { shuffled } from "./shuffled.ts";
export { Stream } from "./stream.ts";
export { bernoulli, gumbel, normal, TracedKey, uniform } from "./traced.ts";
