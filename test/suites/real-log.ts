/** The real logs of the shared data folder, for tests that skip where it is absent. */
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { silent } from "#base";
import { type Dataset, openDataset, prepare } from "#data";

const folder = new URL("../../../shared/data/", import.meta.url);

/** Why a test on a real log skips, or undefined when the log is there. */
export function missing(name: string): string | undefined {
  return existsSync(new URL(`${name}/`, folder))
    ? undefined
    : `real log "${name}" is not at ../shared/data: its tests skip`;
}

const opened = new Map<string, Promise<Dataset>>();

/** The log, prepared as `import` prepares it and opened, once a test file; nothing of it stays on disk. */
export function realLog(name: string): Promise<Dataset> {
  const dataset = opened.get(name) ?? read(name);
  opened.set(name, dataset);
  return dataset;
}

async function read(name: string): Promise<Dataset> {
  const parent = await mkdtemp(join(tmpdir(), "deftrec-log-"));
  try {
    const { directory } = await prepare(fileURLToPath(new URL(name, folder)), { out: join(parent, name) }, silent);
    return await openDataset(directory);
  } finally {
    await rm(parent, { recursive: true });
  }
}
