/**
 * The response: a sentence that names the category wanted next, in round brackets, so that it can be read out of the sentence
 * again, and an example of it.     Source: DeftRec (arXiv 2504.12007), its response pattern
 * A category's own round brackets are written as square ones, in its mark and never read back from there: marks are looked up.
 */

export interface Response {
  readonly category: string;
  /** An example of what is wanted. */
  readonly title: string;
}

/** How a response may be put: all are trained with, the first is what is written when answering. */
export const RESPONSE_TEMPLATES: readonly ((response: Response) => string)[] = [
  ({ category, title }) => `Next, this customer may want something from (${marked(category)}), such as ${title}.`,
  ({ category, title }) => `Something from (${marked(category)}) would suit this customer, for example ${title}.`,
  ({ category, title }) => `This customer is likely to choose from (${marked(category)}) next: ${title}, for instance.`,
];

/** What a response begins with, up to where its category stands, by the usual template. */
export const RESPONSE_OPENING = RESPONSE_TEMPLATES[0]({ category: "", title: "" }).split(")")[0];

/** A category as it stands between a response's brackets. */
export function marked(category: string): string {
  return category.replaceAll("(", "[").replaceAll(")", "]").replaceAll(/\s+/g, " ").trim();
}

/** Reads categories out of responses; knows none but its own. */
export class ResponseReader {
  readonly #byMark: ReadonlyMap<string, string>;

  constructor(readonly categories: readonly string[]) {
    this.#byMark = new Map(categories.map((category) => [marked(category), category]));
  }

  /** The category that a response names, undefined where it names none or one that is not known. */
  category(response: string): string | undefined {
    const [, mark] = /\(([^()]*)\)/.exec(response) ?? [];
    return mark === undefined ? undefined : this.#byMark.get(mark.trim());
  }
}
