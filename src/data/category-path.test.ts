import { expect, test } from "vitest";
import { categoryParts, partOf, pathLevels } from "./category-path.ts";

test("a path has levels, whatever parts them; one level is a path as well", () => {
  expect(pathLevels("Beauty > Skin Care>Face")).toEqual(["Beauty", "Skin Care", "Face"]);
  expect(pathLevels("Acme/Tools, Saws & Blades")).toEqual(["Acme", "Tools, Saws & Blades"]);
  expect(pathLevels("Comedy")).toEqual(["Comedy"]);
});

test("a part is the first levels or what stands behind them", () => {
  expect(partOf("a/b/c", { from: "start", levels: 2 })).toBe("a/b");
  expect(partOf("a/b/c", { from: "end", levels: 1 })).toBe("b/c");
  expect(partOf("a", { from: "start", levels: 2 })).toBe("a");
  expect(partOf("a/", { from: "end", levels: 1 })).toBe("");
});

test("a category is named by itself and by each beginning and end of its path, by nothing between", () => {
  expect([...categoryParts("a > b > c")].sort()).toEqual(["a", "a > b > c", "a/b", "b/c", "c"]);
  expect([...categoryParts("Acme/")].sort()).toEqual(["Acme", "Acme/"]);
  expect([...categoryParts("soap")]).toEqual(["soap"]);
});
