/** The rule file is code that nobody sees fail: here a small house with one breach of each kind must be refused. */
import { spawnSync } from "node:child_process";
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { expect, test } from "vitest";

const FILES: Readonly<Record<string, string>> = {
  "src/tensor/index.ts": 'export { tensor } from "./session.ts";',
  "src/tensor/session.ts": 'import "onnxruntime-node"; export const tensor = 1;',
  "src/nn/index.ts": 'import { tensor } from "#tensor"; export const layer = tensor;',
  "src/data/index.ts": "export const history = 1;",
  "src/data/runtime.ts": 'export const ort = await import("onnxruntime-node");',
  "src/data/neighbour.ts": 'import { layer } from "#nn"; export const seen = layer;',
  "src/data/self.ts": 'import { history } from "#data"; export const seen = history;',
  "src/data/window.ts": 'import { tensor } from "../tensor/session.ts"; export const seen = tensor;',
  "src/data/here.ts": 'import { there } from "./there.ts"; export const here = () => there;',
  "src/data/there.ts": 'import { here } from "./here.ts"; export const there = () => here;',
  "src/data/nowhere.ts": 'import { gone } from "./gone.ts"; export const seen = gone;',
  "src/tensor/up.ts": 'import type { layer } from "#nn"; export type Seen = typeof layer;',
  "src/data/data.test.ts":
    'import { history } from "#data"; import { layer } from "#nn"; export const seen = [history, layer];',
  "src/tensor/session.test.ts":
    'import { layer } from "#nn"; import { suite } from "../../test/suite.ts"; layer + suite;',
  "src/tensor/suite.ts": 'import { suite } from "../../test/suite.ts"; export const seen = suite;',
  "src/tensor/tools.ts": 'import fc from "fast-check"; export const seen = fc;',
  "src/attic/index.ts": 'import { tensor } from "#tensor"; export const seen = tensor;',
  "test/suite.ts": "export const suite = 1;",
};

interface Cruise {
  readonly summary: {
    readonly violations: readonly { readonly from: string; readonly rule: { readonly name: string } }[];
  };
}

async function buildHouse(folder: string): Promise<void> {
  const room = (name: string) => [`#${name}`, { source: `./src/${name}/index.ts` }];
  const imports = Object.fromEntries(["tensor", "nn", "data"].map(room));
  const dependencies = { "onnxruntime-node": "*" };
  const manifest = { type: "module", imports, dependencies, devDependencies: { "fast-check": "*" } };
  const files = { ...FILES, "package.json": JSON.stringify(manifest) };
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
  for (const name of [".dependency-cruiser.cjs", "tsconfig.json"]) await cp(resolve(name), join(folder, name));
  await symlink(resolve("node_modules"), join(folder, "node_modules"));
}

test("every kind of forbidden import is refused, and what is allowed is not", async () => {
  const folder = await mkdtemp(join(tmpdir(), "deftrec-floors-"));
  try {
    await buildHouse(folder);
    const cruiser = resolve("node_modules/dependency-cruiser/bin/dependency-cruise.mjs");
    const flags = ["--config", ".dependency-cruiser.cjs", "--output-type", "json", "src"];
    const { stdout } = spawnSync(process.execPath, [cruiser, ...flags], { cwd: folder, encoding: "utf8" });
    const { summary }: Cruise = JSON.parse(stdout);
    const found = summary.violations.map(({ from, rule }) => `${from}: ${rule.name}`).sort();
    expect(found).toEqual([
      "src/attic/index.ts: room-has-a-floor",
      "src/data/here.ts: no-cycles",
      "src/data/neighbour.ts: data-looks-down-only",
      "src/data/nowhere.ts: resolves",
      "src/data/runtime.ts: one-file-knows-the-runtime",
      "src/data/self.ts: own-room-by-path",
      "src/data/window.ts: through-the-door",
      "src/tensor/session.test.ts: tensor-tests-do-not-look-up",
      "src/tensor/suite.ts: the-engine-stands-alone",
      "src/tensor/tools.ts: shipped-code-has-its-dependencies",
      "src/tensor/up.ts: tensor-looks-down-only",
    ]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
