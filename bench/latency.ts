/**
 * How long one user waits for a list, in a process that has the run open: users one after the other, as a service asks.
 * `npm run --silent build && npx tsc -p bench/tsconfig.json && node bench/.build/latency.js RUN`
 *   --users 200 (drawn evenly out of all)   --warm 10 (not counted)   --threads 2   --explain (with reasons, and with the text that a
 *   language model writes where the run has one)
 * Prints one JSON object: milliseconds and the process's peak memory.
 */
import { parseArgs } from "node:util";
import { load } from "#experiment";
import { percentile } from "./figures.ts";
import { machine } from "./machine.ts";

process.stdout.write(`${JSON.stringify(await measure(), null, 2)}\n`);

async function measure() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      users: { type: "string", default: "200" },
      warm: { type: "string", default: "10" },
      threads: { type: "string", default: "2" },
      explain: { type: "boolean", default: false },
    },
  });
  const [run] = positionals;
  if (run === undefined) throw new Error("latency: which run? node bench/.build/latency.js RUN");
  const [users, warm, threads] = [values.users, values.warm, values.threads].map(Number);
  const openedAt = performance.now();
  await using model = await load(run, { runtime: { threads } });
  const opening = performance.now() - openedAt;
  const all = model.material.dataset.users;
  const times: number[] = [];
  for (let at = -warm; at < users; at++) {
    const user = all.ids[Math.floor(((at + warm) * all.count) / (users + warm))];
    const startedAt = performance.now();
    await model.recommend({ user, topK: 10, explain: values.explain });
    if (at >= 0) times.push(performance.now() - startedAt);
  }
  return {
    run,
    model: model.manifest.model,
    dataset: model.manifest.dataset.name,
    explain: values.explain,
    threads,
    users,
    openingMs: Math.round(opening),
    p50Ms: percentile(times, 0.5),
    p99Ms: percentile(times, 0.99),
    mostMs: Math.max(...times),
    peakMemoryBytes: process.resourceUsage().maxRSS * 1024,
    machine: await machine(undefined),
  };
}
