/** Floor 3: text: words and what is counted of them, token ids as a model's tokenizer.json says. */
export { TextTokenizer, type TokenBatch } from "./text-tokenizer.ts";
export { nGrams, withLeadingWords, words } from "./words.ts";
