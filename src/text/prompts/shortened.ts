/** A title of at most so many tokens: cutting by characters would cut some titles to a word and others not at all. */
import type { TextTokenizer } from "../text-tokenizer.ts";
import type { Ids } from "./pieces.ts";

/**
 * The first `most` tokens of a text on one line. Special tokens that are written in it are taken out: a title does not end a
 * turn.
 */
export function shortened(tokenizer: TextTokenizer, text: string, most: number): Ids {
  const ids = tokenizer.tokens(text.replaceAll(/\s+/g, " ").trim());
  return { ids: ids.filter((id) => !tokenizer.isSpecial(id)).slice(0, most) };
}
