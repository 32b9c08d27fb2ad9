import { expect, test } from "vitest";
import { Catalogue } from "./catalogue.ts";

test("indices run from 1, and ids lead to them and back", () => {
  const catalogue = new Catalogue([{ item: "a" }, { item: "b", title: "B" }]);
  expect(catalogue.size).toBe(2);
  expect(catalogue.indexOf("b")).toBe(2);
  expect(catalogue.indexOf("c")).toBeUndefined();
  expect(catalogue.idOf(1)).toBe("a");
  expect(catalogue.row(2)).toEqual({ item: "b", title: "B" });
});

test("an id that stands twice is refused", () => {
  expect(() => new Catalogue([{ item: "a" }, { item: "a" }])).toThrowErrorMatchingInlineSnapshot(
    `[DataError: catalogue: item "a" is listed twice. Every id must stand once.]`,
  );
});
