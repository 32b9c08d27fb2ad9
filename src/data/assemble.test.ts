import { expect, test } from "vitest";
import { plain } from "./assemble.ts";

test("texts lose entities and line breaks, and nothing that only looks like an entity", () => {
  expect(plain("Charcoal &amp; Sugar&#39;s  6&quot;\n wide ")).toBe(`Charcoal & Sugar's 6" wide`);
  expect(plain("R&notes AT&T")).toBe("R&notes AT&T");
});
