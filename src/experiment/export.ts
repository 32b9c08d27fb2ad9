/**
 * `export`: a model for tools that have never heard of this package.
 *   manifest.json       what is what, and how to use it
 *   items.json          outside ids by index (index 0 is padding: null)
 *   model.safetensors   arrays by name
 *   model.onnx          histories to scores, its weights in model.safetensors (where the model is a graph)
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { ConfigError, replaceFile, writeJson, writeWhole } from "#base";
import { type Exported, HISTORY_INPUT_WORDS } from "#recommender";
import { type Arrays, writeOnnx, writeSafetensors } from "#tensor";
import { readChoices } from "./choices.ts";
import type { OpenedRun } from "./opened-run.ts";
import { exists } from "./paths.ts";
import { versions } from "./versions.ts";

export interface ExportOptions {
  /** The directory to make. */
  readonly out: string;
}

export interface ExportSummary {
  readonly out: string;
  readonly model: string;
  readonly items: number;
  readonly files: readonly string[];
}

/** Names inside an export. */
const FILES = {
  manifest: "manifest.json",
  items: "items.json",
  arrays: "model.safetensors",
  graph: "model.onnx",
} as const;
/** Changes when exports change shape. */
const LAYOUT = 1;

export async function exportOf(model: OpenedRun, { out }: ExportOptions): Promise<ExportSummary> {
  if (await exists(out)) {
    throw new ConfigError(`${out}: this exists already. Expected the name of a directory to make.`, {
      code: "exists",
      field: "out",
      hint: "Choose another --out, or remove it first.",
    });
  }
  const { catalogue, ranker } = model.pipeline;
  const name = model.manifest.model;
  const exported = ranker.export?.();
  if (exported === undefined) {
    throw new ConfigError(
      `${model.run}: the model "${name}" cannot be exported: it does not say how its scores are computed outside this package.`,
      { code: "no-export", field: "run", hint: "Use `deftrec batch` for everyone's lists, or export a run of sasrec." },
    );
  }
  const manifest = await manifestOf(model, exported);
  await replaceFile(out, async (part) => {
    await mkdir(part, { recursive: true });
    const ids = ["null", ...catalogue.rows.map(({ item }) => JSON.stringify(item))];
    await writeWhole(join(part, FILES.items), `[\n${ids.join(",\n")}\n]\n`);
    await writeSafetensors(join(part, FILES.arrays), exported.arrays, { model: name });
    if (exported.graph !== undefined) await writeOnnx(join(part, FILES.graph), exported.graph, FILES.arrays);
    await writeJson(join(part, FILES.manifest), manifest);
  });
  const { graph, ...others } = FILES;
  const files = [...Object.values(others), ...(exported.graph === undefined ? [] : [graph])];
  return { out, model: name, items: catalogue.size, files };
}

async function manifestOf(model: OpenedRun, { arrays, formula, graph }: Exported) {
  const { model: name, config, seed, dataset } = model.manifest;
  return {
    format: "deftrec-export",
    layout: LAYOUT,
    model: name,
    config,
    seed,
    dataset: { name: dataset.name, hash: dataset.hash },
    versions: versions(),
    items: { file: FILES.items, count: model.pipeline.catalogue.size, use: "ids by index; index 0 is padding" },
    arrays: { file: FILES.arrays, shapes: shapesOf(arrays) },
    graph: graph === undefined ? null : describeGraph(graph),
    /** What each expert's scores are, and how several were fused. */
    experts: model.pipeline.ranker.experts ?? null,
    fusion: (await readChoices(model.run))?.fusion ?? null,
    use: formula,
  };
}

function describeGraph({ graph, maxLength }: NonNullable<Exported["graph"]>) {
  return {
    file: FILES.graph,
    opset: 20,
    maxLength,
    inputs: graph.inputs.map(({ name, dtype, shape }) => ({
      name,
      dtype,
      shape,
      meaning: HISTORY_INPUT_WORDS[name as keyof typeof HISTORY_INPUT_WORDS], // as: graphs take no other inputs
    })),
    outputs: graph.outputs.map(({ name, dtype, shape }) => ({
      name,
      dtype,
      shape,
      meaning: "scores by item index, higher is better; column 0 is padding: leave it out, as the history itself",
    })),
  };
}

function shapesOf(arrays: Arrays) {
  return Object.fromEntries(Object.entries(arrays).map(([name, { dtype, shape }]) => [name, { dtype, shape }]));
}
