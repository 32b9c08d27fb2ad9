/** The families: one file and one line each. */
export { llama } from "./llama.ts";
export { qwen2 } from "./qwen2.ts";
export { qwen3 } from "./qwen3.ts";
