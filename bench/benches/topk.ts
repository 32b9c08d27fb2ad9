/**
 * The 20 items of greatest inner product among 1,000,000 vectors of width 64, for 256 queries: exact retrieval.
 * Every number is a multiple of 1/1024 and at most 1/4, so that a score is exact in float32 (a multiple of 2^-20 below 16):
 * both sides must find the same scores to the last bit.
 */
import { Key, Stream } from "#random";
import { ExactNearest } from "#retrieval";
import { type Arrays, float32 } from "#tensor";
import { type Bench, type Setup, subject } from "../bench.ts";

const ITEMS = 1_000_000;
const QUERIES = 256;
const DIM = 64;
const COUNT = 20;
const KEY = Key.of(1).fold("topk");

function exactNumbers(name: string, rows: number) {
  const stream = new Stream(KEY.fold(name));
  const data = new Float32Array(rows * DIM);
  for (let at = 0; at < data.length; at++) data[at] = (stream.below(513) - 256) / 1024;
  return float32(data, [rows, DIM]);
}

async function arrays(): Promise<Arrays> {
  return { queries: exactNumbers("queries", QUERIES), items: exactNumbers("items", ITEMS) };
}

async function ours(given: Arrays, { runtime }: Setup) {
  const table = new Float32Array((ITEMS + 1) * DIM); // row 0 is padding
  table.set(given.items.data as Float32Array, DIM); // made above, of float32, as are the queries
  const nearest = new ExactNearest({ data: table, dim: DIM }, runtime);
  const step = async () => checksum((await nearest.search(given.queries.data as Float32Array, COUNT)).scores);
  return subject(step, () => nearest[Symbol.asyncDispose]());
}

/** The answer in one number: scores weighted by rank. Every term is exact, so the order of summation does not matter. */
function checksum(scores: Float32Array): number {
  return scores.reduce((sum, score, at) => sum + score * ((at % COUNT) + 1), 0);
}

export const topk: Bench = {
  name: "topk",
  unit: "ms",
  workload: "top 20 of 256 queries over 1,000,000 items of width 64, exact",
  arrays,
  ours,
  peerOptions: () => ({ count: COUNT }),
  compared: 1,
  tolerance: 0,
  warmUp: 1,
  turn: 1,
  turns: 7,
  compiles: true,
};
