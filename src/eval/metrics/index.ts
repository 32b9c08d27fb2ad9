/** The metrics: one file and one line each. */
export { coverage } from "./coverage.ts";
export { hr } from "./hr.ts";
export { mrr } from "./mrr.ts";
export { ndcg } from "./ndcg.ts";
