/** The words of the filter language, each with the place where it stands. */
import { ConfigError } from "#base";

/** One word. `at` counts from 0; people are told columns from 1. */
export interface Token {
  readonly kind: "name" | "string" | "number" | "symbol" | "end";
  /** As written; of a string, what stands between its quotes. */
  readonly text: string;
  readonly at: number;
}

/** Tried in this order at each place; a quote inside a string is written twice. */
const KINDS: readonly (readonly [kind: Token["kind"], pattern: RegExp])[] = [
  ["name", /[\p{L}_][\p{L}\p{N}_]*/uy],
  ["number", /[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/y],
  ["string", /'(?:[^']|'')*'/y],
  ["symbol", /!=|<=|>=|[=<>(),:]/y],
];
const BLANK = /\s*/y;

/** All words of a text and an `end` behind them; `owner` is who is said to be wrong ("where"). */
export function tokenize(text: string, owner: string): readonly Token[] {
  const tokens: Token[] = [];
  for (let at = skipBlank(text, 0); at < text.length; ) {
    const token = tokenAt(text, at);
    if (token === undefined) throw syntaxError(owner, at, strange(text, at));
    const raw = token.text;
    tokens.push(token.kind === "string" ? { ...token, text: raw.slice(1, -1).replaceAll("''", "'") } : token);
    at = skipBlank(text, at + raw.length);
  }
  tokens.push({ kind: "end", text: "", at: text.length });
  return tokens;
}

/** An error at a place of an expression. */
export function syntaxError(owner: string, at: number, what: string, details: { code?: string } = {}): ConfigError {
  return new ConfigError(`${owner}: column ${at + 1}: ${what}`, {
    code: details.code ?? "bad-expression",
    field: owner,
    hint: "Write conditions such as: brand = 'Nordwind' and not category in ('boots', 'poles')",
  });
}

function tokenAt(text: string, at: number): Token | undefined {
  for (const [kind, pattern] of KINDS) {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found !== null) return { kind, text: found[0], at };
  }
  return undefined;
}

function skipBlank(text: string, at: number): number {
  BLANK.lastIndex = at;
  return at + (BLANK.exec(text)?.[0].length ?? 0);
}

function strange(text: string, at: number): string {
  const character = String.fromCodePoint(text.codePointAt(at) ?? 0);
  if (character === "'") return "the string that begins here has no end; a quote inside a string is written twice.";
  if (character === '"') return "strings stand in single quotes, 'like this'.";
  return `${JSON.stringify(character)} has no meaning here.`;
}
