import { expect, test } from "vitest";
import { Users } from "./users.ts";

test("ids lead to rows, and someone unknown to none", () => {
  const users = new Users(["anna", "ben"]);
  expect(users.count).toBe(2);
  expect(users.rowOf("ben")).toBe(1);
  expect(users.rowOf("carl")).toBeUndefined();
});
