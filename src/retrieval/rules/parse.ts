/**
 * The filter language, read by recursive descent. Words are case-insensitive, fields are not; `and` binds before `or`.
 *   or    := and ("or" and)*
 *   and   := not ("and" not)*
 *   not   := "not" not | "(" or ")" | field comparison value | field ["not"] "in" "(" value ("," value)* ")"
 *   boost := or ":" number ("," or ":" number)*
 */
import { didYouMean } from "#base";
import { COMPARISONS, type Comparison, type Expression, FIELDS, type Field, type Value } from "./expression.ts";
import { syntaxError, type Token, tokenize } from "./tokens.ts";

/** How deep parentheses and `not` may stand inside each other: far beyond use, far below the stack's end. */
const DEEPEST = 100;
const KEYWORDS = ["and", "or", "not", "in"];

/** The expression that a text means, or a `ConfigError` that names the column. */
export function parse(text: string, owner = "where"): Expression {
  const parser = new Parser(tokenize(text, owner), owner);
  const expression = parser.or(0);
  parser.end();
  return expression;
}

/** `EXPR:FACTOR, EXPR:FACTOR`: conditions and what stands behind their colons. */
export function parseFactors(text: string, owner = "boost"): { expression: Expression; factor: number }[] {
  const parser = new Parser(tokenize(text, owner), owner);
  const found: { expression: Expression; factor: number }[] = [];
  do {
    const expression = parser.or(0);
    parser.expect(":", "a colon and a factor");
    found.push({ expression, factor: parser.number("a factor") });
  } while (parser.takes(","));
  parser.end();
  return found;
}

class Parser {
  #next = 0;

  constructor(
    private readonly tokens: readonly Token[],
    private readonly owner: string,
  ) {}

  or(depth: number): Expression {
    return this.#chain("or", () => this.#chain("and", () => this.#not(depth)));
  }

  /** Refuses whatever still stands there. */
  end(): void {
    if (this.#token.kind !== "end") throw this.#wrong("and, or, or the end");
  }

  /** Whether the symbol stands there; then it is read. */
  takes(symbol: string): boolean {
    const is = this.#token.kind === "symbol" && this.#token.text === symbol;
    if (is) this.#next++;
    return is;
  }

  expect(symbol: string, expected: string): void {
    if (!this.takes(symbol)) throw this.#wrong(expected);
  }

  number(expected: string): number {
    const token = this.#token;
    if (token.kind !== "number") throw this.#wrong(expected);
    const value = Number(token.text);
    if (!Number.isFinite(value)) throw syntaxError(this.owner, token.at, `${token.text} is too large a number.`);
    this.#next++;
    return value + 0; // -0 is 0
  }

  get #token(): Token {
    return this.tokens[this.#next];
  }

  #chain(kind: "and" | "or", part: () => Expression): Expression {
    const parts = [part()];
    while (this.#takesWord(kind)) parts.push(part());
    return parts.length === 1 ? parts[0] : { kind, parts };
  }

  #not(depth: number): Expression {
    if (depth > DEEPEST) {
      throw syntaxError(this.owner, this.#token.at, `more than ${DEEPEST} conditions stand inside each other here.`);
    }
    if (this.#takesWord("not")) return { kind: "not", part: this.#not(depth + 1) };
    if (this.takes("(")) {
      const inner = this.or(depth + 1);
      this.expect(")", "and, or, or a closing parenthesis");
      return inner;
    }
    const field = this.#field();
    if (this.#takesWord("not")) {
      if (!this.#takesWord("in")) throw this.#wrong("in");
      return { kind: "not", part: this.#in(field) };
    }
    return this.#takesWord("in") ? this.#in(field) : this.#compare(field);
  }

  #compare(field: Field): Expression {
    const comparison = this.#comparison();
    return { kind: "compare", field, comparison, value: this.#value() };
  }

  #in(field: Field): Expression {
    this.expect("(", "an opening parenthesis");
    const values = [this.#value()];
    while (this.takes(",")) values.push(this.#value());
    this.expect(")", "a comma or a closing parenthesis");
    return { kind: "in", field, values };
  }

  #field(): Field {
    const { kind, text, at } = this.#token;
    if (kind !== "name" || KEYWORDS.includes(text.toLowerCase())) throw this.#wrong("a field, not, or a parenthesis");
    const field = FIELDS.find((known) => known === text);
    if (field === undefined) {
      const near = didYouMean(text, FIELDS) || ".";
      throw syntaxError(this.owner, at, `unknown field "${text}"${near} Known fields: ${FIELDS.join(", ")}.`, {
        code: "unknown-field",
      });
    }
    this.#next++;
    return field;
  }

  #comparison(): Comparison {
    const { kind, text } = this.#token;
    const comparison = kind === "symbol" ? COMPARISONS.find((known) => known === text) : undefined;
    if (comparison === undefined) throw this.#wrong(`${COMPARISONS.join(" ")} or in`);
    this.#next++;
    return comparison;
  }

  #value(): Value {
    const { kind, text } = this.#token;
    if (kind === "number") return this.number("a number");
    if (kind !== "string") {
      const quoted = kind === "name" ? ` Strings stand in single quotes: '${text}'.` : "";
      throw this.#wrong("a 'string' or a number", quoted);
    }
    this.#next++;
    return text;
  }

  #takesWord(word: string): boolean {
    const is = this.#token.kind === "name" && this.#token.text.toLowerCase() === word;
    if (is) this.#next++;
    return is;
  }

  #wrong(expected: string, more = "") {
    const { kind, text, at } = this.#token;
    const found = kind === "end" ? "the end" : kind === "string" ? `'${text}'` : `"${text}"`;
    return syntaxError(this.owner, at, `expected ${expected}, got ${found}.${more}`);
  }
}
