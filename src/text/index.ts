/** Floor 3: text: words and what is counted of them, token ids as a model's tokenizer.json or GGUF file says, chat templates. */
export { type ChatMessage, ChatTemplate } from "./chat-template.ts";
export { ggufTokenizer, hasTokenizer } from "./gguf-tokenizer.ts";
export { type LaidOut, layOut, layOutChat, type PlacedSlot, type PromptMessage, VECTOR } from "./prompts/lay-out.ts";
export { type Ids, type Piece, pieces, type Slot, slot } from "./prompts/pieces.ts";
export { marked, RESPONSE_OPENING, RESPONSE_TEMPLATES, type Response, ResponseReader } from "./prompts/response.ts";
export { shortened } from "./prompts/shortened.ts";
export { TextTokenizer, type TokenBatch } from "./text-tokenizer.ts";
export { nGrams, withLeadingWords, words } from "./words.ts";
