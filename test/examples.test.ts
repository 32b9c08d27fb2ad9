/** The files of examples/ are what `train --config` takes: each is read up to the data, which it does not name. */
import { readdir, readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { commandLine } from "./fixtures/command-line.ts";

const names = (await readdir("examples")).filter((name) => name.endsWith(".yaml"));

test.each(names)("%s is understood by train", async (name) => {
  const { code, stderr } = await commandLine(["train", "--config", `examples/${name}`, "--out", "never-made"]);
  expect(stderr).toContain("train: data is missing."); // said after the model and all of its options were read
  expect(code).toBe(2);
});

test("the list of examples is complete", async () => {
  const readme = await readFile("examples/README.md", "utf8");
  expect(names.length).toBeGreaterThan(0);
  expect(names.filter((name) => !readme.includes(`(${name})`))).toEqual([]);
});
