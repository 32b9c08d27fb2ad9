import { expect, test } from "vitest";
import { parsePythonLiteral } from "./python-literal.ts";

test("what repr writes is read: dicts, lists, tuples, numbers, words", () => {
  expect(parsePythonLiteral("{'a': [1, -2.5, 1e3,], u'b': (True, False, None), 3: {}, 'c': [], 'd': ()} ")).toEqual({
    a: [1, -2.5, 1000],
    b: [true, false, null],
    3: {},
    c: [],
    d: [],
  });
});

test("strings have either quote and Python's escapes", () => {
  expect(parsePythonLiteral(String.raw`['it\'s', "say \"hi\" it's", '\xe9\u2019\U0001F600\n\t\\', '\d']`)).toEqual([
    "it's",
    `say "hi" it's`,
    "é’😀\n\t\\",
    "\\d",
  ]);
});

test("what is no literal is refused with the place", () => {
  const message = (text: string) => {
    try {
      return JSON.stringify(parsePythonLiteral(text));
    } catch (error) {
      return error instanceof SyntaxError ? error.message : String(error);
    }
  };
  expect(
    ["", "{'a'}", "{'a': 'b", "[1 2]", "{'a': open('x')}", "['\\xzz']", "'a' 'b'", "[".repeat(200)].map(message),
  ).toMatchInlineSnapshot(`
    [
      "expected a value at character 1, found the end",
      "expected ":" at character 5, found "}"",
      "expected a closing ' at character 9, found the end",
      "expected "]" at character 4, found "2]"",
      "expected a value at character 7, found "open('x')}"",
      "expected 2 hexadecimal digits at character 5, found "zz']"",
      "expected the end at character 5, found "'b'"",
      "expected fewer brackets at character 102, found "[[[[[[[[[[[[[[[[[[[["",
    ]
  `);
});
