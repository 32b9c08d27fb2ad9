/** The pretrained models of the shared data folder, for tests that skip where it is absent. */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

const folder = new URL("../../../shared/models/", import.meta.url);

/** Why a test on a real model skips, or undefined when the model is there. */
export function missingModel(name: string): string | undefined {
  return existsSync(new URL(name, folder)) ? undefined : `model "${name}" is not at ../shared/models: its tests skip`;
}

/** The path of a model, or of a file in its directory. */
export function modelPath(name: string): string {
  return fileURLToPath(new URL(name, folder));
}

/** What its answer key says; the test knows its form. */
export async function goldenOf<T>(name: string): Promise<T> {
  return JSON.parse(await readFile(new URL(`${name}/golden.json`, folder), "utf8"));
}
