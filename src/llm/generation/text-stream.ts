/**
 * Text out of tokens as they come: only whole characters. A character may take several tokens; until the last of them is
 * there, decoders end in U+FFFD, and nothing of it is given out.
 */
export class TextStream {
  readonly #ids: number[] = [];
  #given = "";

  constructor(private readonly decode: (ids: readonly number[]) => string) {}

  /** What is new and whole after these tokens. */
  add(ids: readonly number[]): string {
    this.#ids.push(...ids);
    const text = this.decode(this.#ids);
    return text.endsWith("\ufffd") ? "" : this.#give(text);
  }

  /** What is left when nothing more comes. */
  end(): string {
    return this.#give(this.decode(this.#ids));
  }

  #give(text: string): string {
    const piece = text.slice(this.#given.length);
    this.#given = text;
    return piece;
  }
}
