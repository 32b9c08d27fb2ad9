/**
 * What a bottleneck costs: rows rebuilt from continuous tokens, from codes side by side (mq) and from codes one after the other
 * (rq), on a synthetic table of rank 32 and width 64; encoders and decoder are the same, errors are those of held-out rows.
 * `npm run build && npx tsc -p bench/tsconfig.json && node bench/.build/tokenizers.js [SEED] [STEPS]` (1 and 1500)
 * Errors are shares of the variance: 1 is what the mean alone says. No twin: the claim is about tokens, not about speed.
 */
import { kMeans } from "#encoders";
import { mse, Weights } from "#nn";
import { adam, warmupCosine } from "#optim";
import { fillNormal, Key, Stream, type TracedKey } from "#random";
import type { Learned } from "#recommender";
import { compile, float32, type Tensor } from "#tensor";
import { codeUsage, type ItemTokenizer, isDiscrete, itemTokenizers } from "#tokenizers";
import { TrainingStep } from "#train";

const [ROWS, HELD_OUT, DIM, RANK, BATCH, CODES] = [4096, 1024, 64, 32, 512, 256];
const runtime = { device: "cpu", threads: 1 } as const;
const key = Key.of(Number(process.argv[2] ?? 1));
const steps = Number(process.argv[3] ?? 1500);

const COMMON = { dim: DIM, width: DIM, hidden: 128, codes: CODES, mask: 0, noise: 0 };
const ASKED = [
  { kind: "additive", ways: 2 },
  { kind: "additive", ways: 2, mask: 0.1, noise: 0.1 },
  { kind: "additive", ways: 2, width: 8 },
  { kind: "mq", ways: 3 },
  { kind: "mq", ways: 3, mask: 0.1 },
  { kind: "rq", ways: 3 },
  { kind: "rq", ways: 3, mask: 0.1 },
] as const;

const table = lowRank(ROWS + HELD_OUT);
const known = table.subarray(0, ROWS * DIM);
const held = table.subarray(ROWS * DIM);

const stage = {
  name: "tokenizer",
  loss: (tokenizer: ItemTokenizer, { x }: { x: Tensor }, drawn: TracedKey) => {
    const { tokens, auxiliary } = tokenizer.trained(x, drawn);
    const error = mse(tokenizer.reconstruct(tokens), x);
    return { total: (auxiliary === undefined ? error : error.add(auxiliary)).mul(DIM) };
  },
} as unknown as Learned<ItemTokenizer>; // as: a step reads a stage's name and loss alone

for (const { kind, ...own } of ASKED) {
  const options = { ...COMMON, ...own };
  const made = (weights: Weights): ItemTokenizer => new itemTokenizers[kind](weights, options);
  const drawn = Weights.draw(key.fold("weights"));
  const weights = Weights.draw(key.fold("weights")).starting(await codebooksOf(made(drawn), drawn));
  const tokenizer = made(weights);
  const rate = warmupCosine({ peak: 2e-3, warmup: 0.05, totalSteps: steps });
  await using step = new TrainingStep(stage, tokenizer, weights, adam({ rate }), runtime);
  const started = performance.now();
  for (let at = 1; at <= steps; at++) await step.take({ x: batchOf(at) }, key.fold("step").fold(at), at);
  const seconds = (performance.now() - started) / 1000;
  console.log(JSON.stringify({ kind, ...own, ...(await measured(tokenizer, weights)), seconds: Math.round(seconds) }));
}

/** Rows of rank 32 and of about length 1. */
function lowRank(rows: number): Float32Array {
  const [left, right] = [new Float32Array(rows * RANK), new Float32Array(RANK * DIM)];
  fillNormal(key.fold("left"), left, 1);
  fillNormal(key.fold("right"), right, 1 / Math.sqrt(RANK * DIM));
  return Float32Array.from({ length: rows * DIM }, (_, at) => {
    const [row, column] = [Math.floor(at / DIM), at % DIM];
    let sum = 0;
    for (let k = 0; k < RANK; k++) sum += left[row * RANK + k] * right[k * DIM + column];
    return sum;
  });
}

function batchOf(step: number) {
  const stream = new Stream(key.fold("batch").fold(step));
  const batch = new Float32Array(BATCH * DIM);
  for (let row = 0; row < BATCH; row++) {
    const from = stream.below(ROWS) * DIM;
    batch.set(known.subarray(from, from + DIM), row * DIM);
  }
  return float32(batch, [BATCH, DIM]);
}

/** Where codebooks start: centres of what drawn encoders say of the known rows. */
async function codebooksOf(tokenizer: ItemTokenizer, weights: Weights) {
  if (!isDiscrete(tokenizer)) return {};
  await using graph = compile("latents", ({ x }) => ({ latents: tokenizer.latents(x) }), traced(weights));
  const { latents } = await graph.run({ x: float32(known, [ROWS, DIM]) });
  return tokenizer.codebooks(latents.data as Float32Array, kMeans, key.fold("codebooks")); // as: float32 by construction
}

/** Errors of known and held-out rows, as shares of their variance, and how known rows use the codes. */
async function measured(tokenizer: ItemTokenizer, weights: Weights) {
  await using graph = compile(
    "errors",
    ({ x }) => ({ error: mse(tokenizer.reconstruct(tokenizer.tokens(x)), x) }),
    traced(weights),
  );
  const shareOf = async (data: Float32Array) => {
    const { error } = await graph.run({ x: float32(data, [data.length / DIM, DIM]) });
    const variance = data.reduce((sum, value) => sum + value * value, 0) / data.length; // around the mean, 0
    return round(Number(error.data[0]) / variance);
  };
  const errors = { known: await shareOf(known), held: await shareOf(held) };
  if (!isDiscrete(tokenizer)) return errors;
  await using asked = compile("codes", ({ x }) => ({ codes: tokenizer.codes(x) }), traced(weights));
  const { codes } = await asked.run({ x: float32(known, [ROWS, DIM]) });
  const { used, perplexity, collisions } = codeUsage(codes.data as Int32Array, codes.shape[1], CODES); // as: int32 by construction
  return { ...errors, used: used.map(round), perplexity: perplexity.map(Math.round), collisions: round(collisions) };
}

function traced(weights: Weights) {
  return { runtime, parameters: weights.arrays } as const;
}

function round(value: number): number {
  return Math.round(value * 1e4) / 1e4;
}
