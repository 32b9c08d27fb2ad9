/** The samplers: one file and one line each. */
export { ddim } from "./ddim.ts";
export { ddpm } from "./ddpm.ts";
