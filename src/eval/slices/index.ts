/** The slicings: one file and one line each. */
export { historyLength } from "./history-length.ts";
export { targetPopularity } from "./target-popularity.ts";
