/** The schedules: one file and one line each. */
export { cosine } from "./cosine.ts";
export { exp } from "./exp.ts";
export { linear } from "./linear.ts";
export { sqrt } from "./sqrt.ts";
