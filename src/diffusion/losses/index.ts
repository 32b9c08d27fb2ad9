/** The losses that only diffusion knows: one file and one line each. */
export { dispersive } from "./dispersive.ts";
export { pairPreference, squaredErrors } from "./pair-preference.ts";
