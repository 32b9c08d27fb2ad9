import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { merged, parseSet, readSettings } from "./settings.ts";

test("values of --set are YAML scalars, dots lead inwards", () => {
  expect(parseSet(["dim=8", "a.b=true", "a.c=x y", "rate=1e-3", "none=null", 'text="1"', "a.d="])).toEqual({
    dim: 8,
    a: { b: true, c: "x y", d: null },
    rate: 0.001,
    none: null,
    text: "1",
  });
});

test("the last --set of a key counts, and a value may hold an equals sign", () => {
  expect(parseSet(["dim=8", "dim=16", "where=a=b"])).toEqual({ dim: 16, where: "a=b" });
});

test("laying over replaces values and keeps the keys beside them", () => {
  expect(merged({ a: { b: 1, c: 2 }, d: [1, 2] }, { a: { b: 3 }, d: [5] })).toEqual({ a: { b: 3, c: 2 }, d: [5] });
});

test("YAML and JSON are read alike, and an empty file says nothing", async () => {
  const folder = await mkdtemp(join(tmpdir(), "settings-"));
  const read = async (name: string, content: string) => {
    await writeFile(join(folder, name), content);
    return readSettings(join(folder, name));
  };
  expect(await read("a.yaml", "dim: 8\nnested:\n  key: yes please\n")).toEqual({
    dim: 8,
    nested: { key: "yes please" },
  });
  expect(await read("a.json", '{ "dim": 8 }')).toEqual({ dim: 8 });
  expect(await read("empty.yaml", "# nothing yet\n")).toEqual({});
  await rm(folder, { recursive: true });
});

test("what is no assignment or no YAML is refused", () => {
  expect(() => parseSet(["dim"])).toThrowErrorMatchingInlineSnapshot(
    `[ConfigError: --set dim: expected KEY=VALUE, as in --set dim=32.]`,
  );
  expect(() => parseSet(["dim=[1"])).toThrowErrorMatchingInlineSnapshot(
    `[ConfigError: --set dim=[1: "[1" is not a YAML value. Put quotes around it.]`,
  );
});
