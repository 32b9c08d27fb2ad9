/**
 * Words of a text and what is made of them for term weighting: n-grams, and the leading words, which name brand and product
 * line in most shops' titles.
 * A word is a run of letters, marks, digits and underscores, in lower case. Differs from the usual `\w+` of Python: marks
 * belong to the word, so that scripts that write vowels as marks are not cut into consonants.
 */

const WORD = /[\p{L}\p{M}\p{N}_]+/gu;

/** The words of a text, in their order. */
export function words(text: string): string[] {
  return text.toLowerCase().normalize("NFC").match(WORD) ?? [];
}

/** All runs of `least` to `most` neighbouring words, joined by a space. */
export function nGrams(tokens: readonly string[], least: number, most: number): string[] {
  const grams: string[] = [];
  for (let size = least; size <= most; size++) {
    for (let at = 0; at + size <= tokens.length; at++) grams.push(tokens.slice(at, at + size).join(" "));
  }
  return grams;
}

/**
 * The words and, as terms of their own, the first word and the first two: that two titles *begin* alike says more than that
 * they share a word somewhere.
 */
export function withLeadingWords(tokens: readonly string[]): string[] {
  if (tokens.length === 0) return [];
  // No word has a caret or a space in it: these terms cannot be mistaken for words.
  return [...tokens, `^${tokens[0]}`, `^^${tokens.slice(0, 2).join(" ")}`];
}
