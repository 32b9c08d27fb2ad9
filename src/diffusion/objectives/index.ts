/** The objectives: one file and one line each. */
export { noise } from "./noise.ts";
export { v } from "./v.ts";
export { x0 } from "./x0.ts";
