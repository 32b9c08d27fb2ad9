import { spawnSync } from "node:child_process";
import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";

/** Runs vitest with our reporter over one test file; its exit code and last line. */
async function run(content: string): Promise<{ code: number | null; last: string | undefined }> {
  const folder = await mkdtemp(join(tmpdir(), "deftrec-reporter-"));
  try {
    await writeFile(join(folder, "one.test.ts"), `import { test } from "vitest";\n${content}`);
    await symlink(resolve("node_modules"), join(folder, "node_modules"));
    const vitest = resolve("node_modules/vitest/vitest.mjs");
    const flags = ["run", "--root", folder, "--reporter=default", `--reporter=${resolve("test/reporter.ts")}`];
    const { status, stdout } = spawnSync(process.execPath, [vitest, ...flags], { cwd: folder, encoding: "utf8" });
    return { code: status, last: stdout.trimEnd().split("\n").at(-1) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

test("a run ends with what passed, failed and was skipped, and fails where one failed", async () => {
  const content = 'test("a", () => {}); test("b", () => { throw new Error("no"); }); test.skip("c", () => {});';
  expect(await run(content)).toEqual({ code: 1, last: "1 passed, 1 failed, 1 skipped" });
});

test("a file that does not load counts as a failure", async () => {
  expect(await run('import "./absent.ts"; test("a", () => {});')).toEqual({ code: 1, last: "0 passed, 1 failed" });
});

test("a run in which nothing ran is a failed run", async () => {
  expect(await run('test.skip("a", () => {});')).toEqual({ code: 1, last: "0 passed, 0 failed, 1 skipped" });
});
