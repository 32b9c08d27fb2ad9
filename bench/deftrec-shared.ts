/**
 * What a row of `deftrec.ts` need not train again: stages that the default of the same seed has trained alike. A stage's numbers
 * follow from the seed, its name, the data and its options, whatever stands around it, so that a copy is what training would leave.
 */
import { existsSync } from "node:fs";
import { copyFile, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** Options that stages before the generator read, and the first stage that changes with them. */
const EARLIER: Readonly<Record<string, string>> = {
  ways: "tokenizer",
  mask: "tokenizer",
  noise: "tokenizer",
  tokenizer: "tokenizer",
};
/** Options of what comes after all that rows share: the re-ranker, or experts that are fused instead. */
const LATER = ["rerank", "rerankFolds", "rerankTargets"];
/** What only a re-ranked run has. */
const RERANKING = /^(inner-.*|mixture|reranker|statistics)$/;

/** Stages that a run with these options, KEY=VALUE each, beside the default's must train itself. */
export function ownStages(options: readonly string[]): Set<string> {
  const own = new Set<string>();
  for (const name of options.map((option) => option.split("=")[0])) {
    if (LATER.includes(name)) continue;
    own.add("generator");
    if (name in EARLIER) own.add(EARLIER[name]);
  }
  return own;
}

/** Lays out `to` as a run that was interrupted where its own stages begin. Nothing where there is no finished default, or a run. */
export async function takeOver(from: string, to: string, options: readonly string[]): Promise<void> {
  if (existsSync(join(to, "manifest.json")) || !existsSync(join(from, "manifest.json"))) return;
  const { summary, ...manifest } = JSON.parse(await readFile(join(from, "manifest.json"), "utf8"));
  if (summary === undefined) return;
  const own = ownStages(options);
  const isKept = (stage: string) => !own.has(stage) && !RERANKING.test(stage);
  const kept = (summary.stages as { name: string; seconds: number }[]).filter(({ name }) => isKept(name));
  await mkdir(join(to, "stages"), { recursive: true });
  for (const file of await readdir(join(from, "stages"))) {
    const stage = file.replace(/\.safetensors$/, "");
    if (isKept(stage)) await copyFile(join(from, "stages", file), join(to, "stages", file));
  }
  const config = { ...manifest.config, ...Object.fromEntries(options.map(configured)) };
  const seconds = kept.reduce((sum, stage) => sum + stage.seconds, 0);
  await writeFile(join(to, "manifest.json"), JSON.stringify({ ...manifest, config, state: "training", seconds }));
}

/** KEY=VALUE as a configuration has it. */
function configured(option: string): [string, unknown] {
  const [name, value] = option.split("=");
  return [name, /^(true|false|-?[\d.]+)$/.test(value) ? JSON.parse(value) : value];
}
