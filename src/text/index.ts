/** Floor 3: text: words and what is counted of them, token ids as a model's tokenizer.json or GGUF file says, chat templates. */
export { type ChatMessage, ChatTemplate } from "./chat-template.ts";
export { ggufTokenizer, hasTokenizer } from "./gguf-tokenizer.ts";
export { TextTokenizer, type TokenBatch } from "./text-tokenizer.ts";
export { nGrams, withLeadingWords, words } from "./words.ts";
