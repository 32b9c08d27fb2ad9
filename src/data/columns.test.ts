import { expect, test } from "vitest";
import { chooseColumns, ITEM_COLUMNS, LOG_COLUMNS, parseColumnMap } from "./columns.ts";

const choose = (columns: string[], said = {}) =>
  chooseColumns("log.csv", { columns, header: 1 }, said, LOG_COLUMNS, ["user"]);

test("columns are known by the names logs usually have, likeliest first", () => {
  expect(choose(["userId", "movieId", "rating", "timestamp"])).toEqual({
    user: "userId",
    item: "movieId",
    rating: "rating",
    time: "timestamp",
  });
  expect(choose(["reviewerID", "asin", "overall", "unixReviewTime"])).toEqual({
    user: "reviewerID",
    item: "asin",
    rating: "overall",
    time: "unixReviewTime",
  });
  expect(choose(["date", "User_ID", "timestamp"])).toEqual({ user: "User_ID", time: "timestamp" });
});

test("what is said goes before what is guessed, and a column means one thing", () => {
  expect(choose(["user", "customer", "item"], { user: "customer" })).toEqual({ user: "customer", item: "item" });
  expect(choose(["user", "item"], { item: "user", user: "item" })).toEqual({ user: "item", item: "user" });
});

test("a column map is pairs of meaning and name", () => {
  expect(parseColumnMap("--columns", "user=U, item = I=J", LOG_COLUMNS)).toEqual({ user: "U", item: "I=J" });
});

test("a column map that is not understood is answered with what is expected", () => {
  expect(() => parseColumnMap("--columns", "usr=U", LOG_COLUMNS)).toThrowErrorMatchingInlineSnapshot(
    `[ConfigError: --columns: "usr=U" is not understood, did you mean "user"? Expected user=COLUMN,item=COLUMN,time=COLUMN,rating=COLUMN.]`,
  );
  expect(() => parseColumnMap("--item-columns", "title", ITEM_COLUMNS)).toThrowErrorMatchingInlineSnapshot(
    `[ConfigError: --item-columns: "title" is not understood. Expected item=COLUMN,title=COLUMN,brand=COLUMN,category=COLUMN.]`,
  );
});
