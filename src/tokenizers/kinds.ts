/** The item tokenizers. This namespace is the registry: a tokenizer is its file, its test and one line here. */
export { AdditiveTokenizer as additive } from "./additive.ts";
export { MqTokenizer as mq } from "./mq.ts";
export { RqVaeTokenizer as rq } from "./rq-vae.ts";
