/**
 * Our adapters in PEFT's hands: `npm run build && npx tsc -p bench/tsconfig.json &&
 * DEFTREC_PEER_PYTHON=peer/bin/python node bench/.build/outside-adapter.js MODEL …` (Hugging Face directories; a Python that
 * has peft and transformers). On each model adapters are drawn, written, opened by us and by PEFT; both read the same tokens.
 * Prints one object; exits 1 where any logit or surprise is further apart than 1e-4.
 */
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import {
  FrozenModel,
  LanguageModel,
  type LoraOptions,
  onProjections,
  PROJECTIONS,
  type ProjectionName,
  writeAdapter,
} from "#llm";
import { Weights } from "#nn";
import { fillNormal, Key, Stream } from "#random";
import type { Arrays } from "#tensor";

const TOLERANCE = 1e-4;
const TOKENS = 24;
const KEY = Key.of(1).fold("outside-adapter");
const ALL = Object.keys(PROJECTIONS) as ProjectionName[]; // as: keys of that object
const KINDS: Readonly<Record<string, LoraOptions>> = {
  "all seven, rank 8": { rank: 8, alpha: 16, dropout: 0.05, on: onProjections(ALL) },
  "query and value, rank 3, rsLoRA": {
    rank: 3,
    alpha: 6,
    dropout: 0,
    stabilised: true,
    on: onProjections(["q_proj", "v_proj"]),
  },
};
// Compiled, this file lies in bench/.build/.
const READER = fileURLToPath(new URL("../peers/outside-adapter.py", import.meta.url));

interface Reading {
  readonly peft: string;
  readonly surprises: readonly number[];
  readonly logits: readonly number[];
}

const python = process.env.DEFTREC_PEER_PYTHON;
const models = process.argv.slice(2);
if (python === undefined || models.length === 0) {
  throw new Error("expected DEFTREC_PEER_PYTHON=PYTHON node bench/.build/outside-adapter.js MODEL …");
}

/** Adapters whose B is not zero. */
async function drawn(model: FrozenModel, options: LoraOptions): Promise<Arrays> {
  const weights = Weights.draw(KEY);
  model.traced(weights, options);
  for (const [name, { data }] of Object.entries(weights.arrays)) {
    if (name.endsWith(".b")) fillNormal(KEY.fold(name), data as Float32Array, 0.1); // as: weights are float32
  }
  return weights.arrays;
}

function furthest(ours: ArrayLike<number>, theirs: readonly number[]): number {
  if (ours.length !== theirs.length) return Number.POSITIVE_INFINITY;
  return theirs.reduce((most, value, at) => Math.max(most, Math.abs(value - ours[at])), 0);
}

async function compared(path: string, kind: string, folder: string) {
  const adapter = join(folder, "adapter");
  const frozen = await FrozenModel.load(path);
  await writeAdapter(adapter, await drawn(frozen, KINDS[kind]), KINDS[kind], path);
  const stream = new Stream(KEY.fold("ids"));
  const ids = Array.from({ length: TOKENS }, () => stream.below(frozen.config.vocabulary));
  const runtime = { device: "cpu", threads: 1 } as const;
  await using plain = await LanguageModel.open(path, { runtime });
  await using model = await LanguageModel.open(path, { runtime, adapter });
  const [before, { surprises, logits }] = [await plain.score(ids), await model.score(ids)];
  const { stdout } = await promisify(execFile)(python ?? "", [READER, path, adapter, ids.join(",")], {
    maxBuffer: 1 << 26,
  });
  const theirs: Reading = JSON.parse(stdout);
  const apart = Math.max(furthest(surprises, theirs.surprises), furthest(logits, theirs.logits));
  const moved = furthest(before.logits, [...logits]); // how much the adapter changes: what agreement is worth
  return { model: path, kind, peft: theirs.peft, furthest: apart, moved, agrees: apart <= TOLERANCE && moved > 0.1 };
}

const folder = await mkdtemp(join(tmpdir(), "outside-adapter-"));
try {
  const verdicts = [];
  for (const model of models) {
    for (const kind of Object.keys(KINDS)) verdicts.push(await compared(model, kind, folder));
  }
  console.log(JSON.stringify({ name: "outside-adapter", tolerance: TOLERANCE, verdicts }, null, 2));
  if (!verdicts.every(({ agrees }) => agrees)) process.exitCode = 1;
} finally {
  await rm(folder, { recursive: true });
}
