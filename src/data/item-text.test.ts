import { expect, test } from "vitest";
import { itemText } from "./item-text.ts";

test("an item's text is what is known of it, the title first", () => {
  expect(itemText({ item: "7", brand: "OPI", category: "Nails", title: "Red Shatter" })).toBe("Red Shatter OPI Nails");
  expect(itemText({ item: "7", title: "Red Shatter", brand: "" })).toBe("Red Shatter");
  expect(itemText({ item: "7" })).toBe("");
});
