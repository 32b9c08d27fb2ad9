/** Brings `dist/` up to date before the first test, for the tests that start the command line or a worker thread. */
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const compiler = createRequire(import.meta.url).resolve("typescript/bin/tsc");

export function setup(): void {
  const build = spawnSync(process.execPath, [compiler, "-p", "tsconfig.build.json"], { cwd: root, encoding: "utf8" });
  if (build.status === 0) return;
  // tsc writes dist/ even where types are wrong. Types are another check's business (`npm run types`): a type error in
  // one room should not keep the tests of another from running.
  process.stderr.write(`dist/ was built with errors; tests that use it may fail:\n${build.stdout}${build.stderr}\n`);
}
