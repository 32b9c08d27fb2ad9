/** What README.md tells people to type, typed: its commands and its program, in an empty folder with a small log. */
import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

const main = resolve("dist/cli/main.js");
let readme = "";
let folder = "";

beforeAll(async () => {
  readme = await readFile("README.md", "utf8");
  folder = await mkdtemp(join(tmpdir(), "deftrec-readme-"));
  await writeFile(join(folder, "ratings.csv"), ratings());
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** Sixty users who walk in a ring of twenty items, two of them those that the README names. */
function ratings(): string {
  const items = ["B000142FVW", "B0009V1YR8", ...Array.from({ length: 18 }, (_, at) => `item-${at}`)];
  const rows = Array.from({ length: 60 * 6 }, (_, at) => {
    const [user, step] = [Math.floor(at / 6), at % 6];
    return `${user},${items[(user + step) % items.length]},${1_700_000_000 + at},5`;
  });
  return `user,item,time,rating\n${rows.join("\n")}\n`;
}

/** The fenced block of that language that holds `word`. */
function block(language: string, word: string): string {
  const blocks = [...readme.matchAll(/```(\w+)\n([\s\S]*?)```/g)];
  const found = blocks.find(([, lang, text]) => lang === language && text.includes(word));
  if (found === undefined) throw new Error(`README.md has no ${language} block with "${word}"`);
  return found[2];
}

test("the commands for a log of one's own work as they stand", { timeout: 120_000 }, () => {
  const commands = block("sh", "npx deftrec train").trim().split("\n");
  expect(commands.length).toBeGreaterThanOrEqual(3);
  for (const command of commands) {
    const words = command.replace(/#.*$/, "").trim().split(/\s+/);
    expect(words.slice(0, 2)).toEqual(["npx", "deftrec"]);
    const { status, stderr } = spawnSync(process.execPath, [main, ...words.slice(2)], {
      cwd: folder,
      encoding: "utf8",
    });
    expect(status, `${command}\n${stderr}`).toBe(0);
  }
});

test("the program works as it stands", { timeout: 120_000 }, async () => {
  const { default: typescript } = await import("typescript");
  const options = { target: typescript.ScriptTarget.ES2022, module: typescript.ModuleKind.ESNext };
  const { outputText } = typescript.transpileModule(block("ts", 'from "deftrec"'), { compilerOptions: options });
  // The package knows itself by name from inside its folder; the log lies elsewhere.
  const program = `process.chdir(${JSON.stringify(folder)});\n${outputText}\nconsole.log(items.length);`;
  const flags = ["--input-type=module", "--eval", program];
  const { status, stdout, stderr } = spawnSync(process.execPath, flags, { cwd: resolve("."), encoding: "utf8" });
  expect(status, stderr).toBe(0);
  // Top 10 of 20 items, 6 of them in the history of user 42.
  expect(stdout.trim().split("\n").at(-1)).toBe("10");
});
