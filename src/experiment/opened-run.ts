/** A finished run, opened: what each way of asking it (recommend, evaluate, batch, export, similar) is given. */
import type { Emit } from "#base";
import type { Pipeline } from "#recommender";
import type { Runtime } from "#tensor";
import type { RunManifest } from "./manifest.ts";
import type { Material } from "./pipeline.ts";

export interface OpenedRun {
  /** The run directory. */
  readonly run: string;
  readonly manifest: RunManifest;
  readonly material: Material;
  readonly pipeline: Pipeline;
  readonly runtime: Runtime;
  /** What was said when it was opened, over the run's own options. */
  readonly answering: Readonly<Record<string, unknown>>;
  readonly emit: Emit;
}
