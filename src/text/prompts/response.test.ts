import { expect, test } from "vitest";
import { RESPONSE_OPENING, RESPONSE_TEMPLATES, ResponseReader } from "./response.ts";

const CATEGORIES = ["Nail Polish", "Tools (Hand)", "Tools [Power]", "Bath,  Body"];

test("a category comes back out of every template, brackets of its own and titles with brackets included", () => {
  const reader = new ResponseReader(CATEGORIES);
  for (const write of RESPONSE_TEMPLATES) {
    for (const category of CATEGORIES) {
      expect(reader.category(write({ category, title: "Comb (wide), 2 pieces" }))).toBe(category);
    }
  }
});

test("what names no known category says nothing", () => {
  const reader = new ResponseReader(CATEGORIES);
  for (const text of ["", "I do not know.", "Something (else).", "an open ( bracket", "()"]) {
    expect(reader.category(text)).toBeUndefined();
  }
});

test("the opening ends where the category begins", () => {
  const response = RESPONSE_TEMPLATES[0]({ category: "Soap", title: "Rose" });
  expect(response.startsWith(`${RESPONSE_OPENING}Soap)`)).toBe(true);
});
