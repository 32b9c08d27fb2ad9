import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { DataError, replaceFile, writeWhole } from "./index.ts";

const place = () => mkdtemp(join(tmpdir(), "files-"));

/** The id of a process that has ended. */
const dead = spawnSync(process.execPath, ["--version"]).pid;

test("what a killed process left half-written is gone once the whole stands; what a living one writes stays", async () => {
  const folder = await place();
  await writeFile(join(folder, `.a.json.${dead}.0123abcd.part`), "half");
  await mkdir(join(folder, `.a.json.${dead}.0123abce.part`));
  const others = [`.a.json.${process.pid}.0123abcd.part`, `.b.json.${dead}.0123abcd.part`, ".a.json.part"];
  for (const name of others) await writeFile(join(folder, name), "");
  await writeWhole(join(folder, "a.json"), "whole");
  expect((await readdir(folder)).sort()).toEqual([...others, "a.json"].sort());
});

test("a failed writing leaves what was there, and what a killed process left, which may be all there is", async () => {
  const folder = await place();
  const left = `.a.${dead}.0123abcd.part`;
  await writeFile(join(folder, left), "half");
  await writeFile(join(folder, "a"), "old");
  const failing = replaceFile(join(folder, "a"), async (part) => {
    await writeFile(part, "new");
    throw new Error("no");
  });
  await expect(failing).rejects.toThrow("no");
  expect((await readdir(folder)).sort()).toEqual([left, "a"]);
  expect(await readFile(join(folder, "a"), "utf8")).toBe("old");
});

test("a full disk names the path that was asked for, whoever found it full", async () => {
  const folder = await place();
  const path = join(folder, "a");
  const refusals = [
    (part: string) =>
      Object.assign(new Error(`ENOSPC: no space left on device, write`), { code: "ENOSPC", path: part }),
    (part: string) => new Error(`IO Error: Could not write file "${part}/x": No space left on device`),
    (part: string) => new DataError("full", { code: "disk-full", file: join(part, "x") }),
  ];
  for (const refusal of refusals) {
    const error = await replaceFile(path, async (part) => {
      throw refusal(part);
    }).catch((cause) => cause);
    expect(`${error}`.replace(folder, "TMP")).toBe(
      "DataError: TMP/a: no space left on the disk; what was there is as it was.",
    );
    expect(error).toMatchObject({ code: "disk-full", file: path, hint: expect.stringContaining("Free some space") });
  }
  expect(await readdir(folder)).toEqual([]);
});
