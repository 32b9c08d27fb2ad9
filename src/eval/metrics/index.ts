/** The metrics: one file and one line each. */
export { calibrationError } from "./calibration-error.ts";
export { coverage } from "./coverage.ts";
export { gini } from "./gini.ts";
export { hr } from "./hr.ts";
export { intraListDiversity } from "./intra-list-diversity.ts";
export { logLikelihood } from "./log-likelihood.ts";
export { mrr } from "./mrr.ts";
export { ndcg } from "./ndcg.ts";
export { novelty } from "./novelty.ts";
export { precision } from "./precision.ts";
export { recall } from "./recall.ts";
export { shortHead } from "./short-head.ts";
