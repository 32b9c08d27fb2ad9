/**
 * The prompt of a history: a question, then a line an item, its title and the places of its continuous tokens.
 *   head | title ‹ K places › ⏎ | … | P places of [PREF] | tail: the turn ends, the answer begins | response
 * The question stands before the history, so that [PREF] follows the newest item at once: in training each position is asked
 * in one pass, by queries of its own that see the lines up to it, and gets the state that it would get alone at the end.
 * Source: DeftRec (arXiv 2504.12007), its prompt of titles and marked places; sentences and order are ours.
 */
import { type Catalogue, itemText } from "#data";
import type { ModelText } from "#llm";
import {
  type LaidOut,
  layOut,
  layOutChat,
  marked,
  pieces,
  RESPONSE_OPENING,
  RESPONSE_TEMPLATES,
  shortened,
  slot,
} from "#text";

/** How the question may be put; the first is the one that is asked when answering. */
const QUESTIONS = [
  "Below is what a customer chose, oldest first. Each line names an item, and between its marks stands what is known of it. Which kind of item will the customer choose next?",
  "Here are the items that one customer took, from the oldest to the newest, each with its marks. What will this customer want next?",
  "A customer's choices in order, one a line, each followed by its marks, are listed below. Tell what kind of item comes next.",
  "Read the list of items that a customer picked, the newest last, each with its marks, and say which kind follows.",
] as const;
/** Of a response's example. */
const EXAMPLE_TOKENS = 8;

/** A place's meaning: a token of the text (0 and above), or one of these. */
export const OPEN = -1;
export const CLOSE = -2;
/** -3 - k: the k-th continuous token of the line's item. */
export const TOKEN = -3;

export class Prompts {
  readonly #ends: readonly { readonly head: readonly number[]; readonly tail: readonly number[] }[];
  readonly #lines = new Map<number, readonly number[]>();
  readonly #break: readonly number[];

  constructor(
    private readonly text: ModelText,
    private readonly catalogue: Catalogue,
    private readonly sizes: { readonly titleTokens: number; readonly ways: number; readonly reasoningTokens: number },
  ) {
    this.#ends = QUESTIONS.map((question) => around(text, question));
    this.#break = text.tokenizer.tokens("\n");
  }

  /** How many ways of asking there are. */
  get questions(): number {
    return QUESTIONS.length;
  }

  /** Token ids before the first line. */
  head(question: number): readonly number[] {
    return this.#ends[question].head;
  }

  /** Token ids between the queries and the response. */
  tail(question: number): readonly number[] {
    return this.#ends[question].tail;
  }

  /** An item's line: token ids, and places as `OPEN`, `CLOSE` and `TOKEN - k`. */
  line(item: number): readonly number[] {
    const known = this.#lines.get(item);
    if (known !== undefined) return known;
    const row = this.catalogue.row(item);
    const { titleTokens, ways } = this.sizes;
    const title = shortened(this.text.tokenizer, row.title || itemText(row), titleTokens).ids;
    const places = Array.from({ length: ways }, (_, way) => TOKEN - way);
    const line = [...title, OPEN, ...places, CLOSE, ...this.#break];
    this.#lines.set(item, line);
    return line;
  }

  /** How many ways of putting a response there are. */
  get phrasings(): number {
    return RESPONSE_TEMPLATES.length;
  }

  /** The response that names an item's category and, as an example, the item: token ids without the end. */
  response(item: number, category: string, phrasing: number): readonly number[] {
    return this.text.tokenizer.tokens(this.#sentence(item, category, phrasing));
  }

  /** What a response begins with, up to its category. */
  get opening(): readonly number[] {
    return this.text.tokenizer.tokens(RESPONSE_OPENING);
  }

  /** A category behind the opening, with the bracket that ends it. */
  mark(category: string): readonly number[] {
    return this.text.tokenizer.tokens(`${marked(category)})`);
  }

  /** The true response as one is written before [PREF]: opening, category, and `reasoningTokens` of what follows. */
  reasoned(item: number, category: string): readonly number[] {
    const { tokenizer } = this.text;
    const written = RESPONSE_OPENING.length + marked(category).length + 1;
    const rest = tokenizer.tokens(this.#sentence(item, category, 0).slice(written));
    return [...this.opening, ...this.mark(category), ...rest.slice(0, this.sizes.reasoningTokens)];
  }

  /** How long such a response is at most. */
  mostReasoned(categories: readonly string[]): number {
    const longest = categories.reduce((most, category) => Math.max(most, this.mark(category).length), 0);
    return this.opening.length + longest + this.sizes.reasoningTokens;
  }

  #sentence(item: number, category: string, phrasing: number): string {
    const row = this.catalogue.row(item);
    const { tokenizer } = this.text;
    const title = tokenizer.textOf(shortened(tokenizer, row.title || itemText(row), EXAMPLE_TOKENS).ids).trim();
    return RESPONSE_TEMPLATES[phrasing]({ category, title });
  }
}

/** A question around the places of the lines: what stands before them, and behind. */
function around({ tokenizer, template }: ModelText, question: string) {
  const asked = pieces`${question}\n${slot("lines")}`;
  const laid: LaidOut =
    template === undefined
      ? layOut(tokenizer, [...asked, "\nAnswer: "])
      : layOutChat(tokenizer, template, [{ role: "user", pieces: asked }]);
  const [{ start, places }] = laid.slots;
  return { head: laid.ids.slice(0, start), tail: laid.ids.slice(start + places) };
}
