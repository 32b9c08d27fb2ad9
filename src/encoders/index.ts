/** Floor 5: items and users as vectors. */
export { type EncodedTexts, type EncodingContext, encodedTexts } from "./encoded-texts.ts";
export { type EncodeOptions, SentenceEncoder, sentenceEncoder, type TextVectors } from "./sentence-encoder.ts";
