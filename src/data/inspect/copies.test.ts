import { expect, test } from "vitest";
import { groupsOfCopies } from "./copies.ts";

test("items of one title and brand are a group, whatever case and spaces; without a title none is a copy", () => {
  const rows = [
    { item: "1", title: "Blue comb", brand: "Acme" },
    { item: "2", title: " blue  Comb", brand: "ACME" },
    { item: "3", title: "Blue comb" },
    { item: "4", title: "Soap" },
    { item: "5", brand: "Acme" },
    { item: "6", brand: "Acme" },
    { item: "7", title: "soap" },
    { item: "8", title: "Blue comb", brand: "acme" },
  ];
  expect([...groupsOfCopies(rows)]).toEqual([0, 1, 1, 0, 2, 0, 0, 2, 1]);
});
