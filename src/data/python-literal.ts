/**
 * A Python literal as a value: what `repr` writes of dicts, lists, tuples, strings, numbers, True, False and None. The
 * metadata of the 2014 Amazon reviews is one such dict a line.
 * Source: The Python Language Reference, 2.4 Literals. Differs: bytes, sets, complex numbers and joined strings are not read.
 */

const WORDS: Readonly<Record<string, unknown>> = { True: true, False: false, None: null };
const NAMED_ESCAPES: Readonly<Record<string, string>> = {
  n: "\n",
  t: "\t",
  r: "\r",
  b: "\b",
  f: "\f",
  v: "\v",
  a: "\x07",
};
const DEEPEST = 100;

/** Reads the literal that is all of `text`; a `SyntaxError` says where it stops being one. */
export function parsePythonLiteral(text: string): unknown {
  const reader = new Reader(text);
  const value = reader.value(0);
  reader.expectEnd();
  return value;
}

class Reader {
  #at = 0;

  constructor(readonly text: string) {}

  value(depth: number): unknown {
    if (depth > DEEPEST) throw this.#wrong("fewer brackets");
    this.#skipSpace();
    const character = this.text[this.#at];
    if (character === "{") return this.#dict(depth);
    if (character === "[") return this.#list("]", depth);
    if (character === "(") return this.#list(")", depth);
    if (/^[uU]?['"]/.test(this.text.slice(this.#at, this.#at + 2))) return this.#string();
    return this.#atom();
  }

  expectEnd(): void {
    this.#skipSpace();
    if (this.#at < this.text.length) throw this.#wrong("the end");
  }

  #dict(depth: number): Readonly<Record<string, unknown>> {
    const entries: [string, unknown][] = [];
    this.#at++;
    while (!this.#took("}")) {
      const key = this.value(depth + 1);
      this.#expect(":");
      entries.push([String(key), this.value(depth + 1)]);
      if (this.#took(",")) continue;
      this.#expect("}");
      break;
    }
    return Object.fromEntries(entries);
  }

  #list(end: string, depth: number): readonly unknown[] {
    const values: unknown[] = [];
    this.#at++;
    while (!this.#took(end)) {
      values.push(this.value(depth + 1));
      if (this.#took(",")) continue;
      this.#expect(end);
      break;
    }
    return values;
  }

  #string(): string {
    if (/[uU]/.test(this.text[this.#at])) this.#at++;
    const quote = this.text[this.#at++];
    let string = "";
    for (;;) {
      const from = this.#at;
      while (this.#at < this.text.length && this.text[this.#at] !== quote && this.text[this.#at] !== "\\") this.#at++;
      string += this.text.slice(from, this.#at);
      if (this.#at >= this.text.length) throw this.#wrong(`a closing ${quote}`);
      if (this.text[this.#at++] === quote) return string;
      string += this.#escape();
    }
  }

  /** What stands behind a backslash. */
  #escape(): string {
    const character = this.text[this.#at++] ?? "";
    const digits = { x: 2, u: 4, U: 8 }[character];
    if (digits === undefined)
      return NAMED_ESCAPES[character] ?? (/['"\\]/.test(character) ? character : `\\${character}`);
    const code = this.text.slice(this.#at, this.#at + digits);
    if (!/^[\da-f]+$/i.test(code) || code.length < digits || Number.parseInt(code, 16) > 0x10ffff) {
      throw this.#wrong(`${digits} hexadecimal digits`);
    }
    this.#at += digits;
    return String.fromCodePoint(Number.parseInt(code, 16));
  }

  #atom(): unknown {
    const atom = /^[\w.+-]+/.exec(this.text.slice(this.#at, this.#at + 40))?.[0] ?? "";
    const number = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?L?$/i.test(atom);
    if (!number && !Object.hasOwn(WORDS, atom)) throw this.#wrong("a value");
    this.#at += atom.length;
    return number ? Number(atom.replace(/L$/i, "")) : WORDS[atom];
  }

  #took(character: string): boolean {
    this.#skipSpace();
    if (this.text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #expect(character: string): void {
    if (!this.#took(character)) throw this.#wrong(`"${character}"`);
  }

  #skipSpace(): void {
    while (this.#at < this.text.length && /\s/.test(this.text[this.#at])) this.#at++;
  }

  #wrong(expected: string): SyntaxError {
    const found = this.#at < this.text.length ? JSON.stringify(this.text.slice(this.#at, this.#at + 20)) : "the end";
    return new SyntaxError(`expected ${expected} at character ${this.#at + 1}, found ${found}`);
  }
}
