/**
 * llama.cpp's side of the benches (node-llama-cpp from npm, its prebuilt binary): one process a bench and thread count, which
 * answers JSON lines as peer.py does.
 *
 *   {"command": "about"}                           -> {"peer", "threads", "capability"}
 *   {"command": "open", "name", "file", "options"} -> {"opened": true}
 *   {"command": "run", "name", "steps": 10}        -> {"milliseconds": [10], "processor": [10], "values": [10]}
 *   {"command": "close", "name"}                   -> {"closed": true}
 *
 * options: {"model": a GGUF file, "variant"}; "plain" is how node-llama-cpp opens a context, "tuned" has flash attention.
 */
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";

const THREADS = Number(process.argv[2] ?? 2);
const CONTEXT = 1024;

/** Token ids [n] out of a .safetensors file: 8 bytes of header length, a JSON header, the bytes. */
function idsOf(file) {
  const bytes = readFileSync(file);
  const start = 8 + Number(bytes.readBigUInt64LE(0));
  const [from, to] = JSON.parse(bytes.subarray(8, start).toString()).ids.data_offsets;
  return Array.from({ length: (to - from) / 4 }, (_, at) => bytes.readInt32LE(start + from + 4 * at));
}

async function loaded() {
  const { getLlama, LlamaLogLevel } = await import("node-llama-cpp");
  return getLlama({
    gpu: false,
    build: "never",
    skipDownload: true,
    maxThreads: THREADS,
    logLevel: LlamaLogLevel.error,
    logger: (_, message) => process.stderr.write(`${message}\n`),
  });
}

/** Milliseconds of the clock and of the processors that `work` takes, and what it says. */
export async function timed(work) {
  const [start, used] = [performance.now(), process.cpuUsage()];
  const value = await work();
  const { user, system } = process.cpuUsage(used);
  return { milliseconds: performance.now() - start, processor: (user + system) / 1000, value };
}

/** Serves a bench: `step(sequence, ids)` does the work once and returns what `timed` does. */
export async function serve(step) {
  const opened = new Map();
  const commands = {
    async about() {
      const { version } = JSON.parse(
        readFileSync(new URL("node_modules/node-llama-cpp/package.json", import.meta.url)),
      );
      const { systemInfo } = await loaded();
      return { peer: `llama.cpp of node-llama-cpp ${version}`, threads: THREADS, capability: systemInfo.trim() };
    },
    async open({ name, file, options }) {
      const llama = await loaded();
      const model = await llama.loadModel({ modelPath: options.model });
      const context = await model.createContext({
        contextSize: CONTEXT,
        batchSize: CONTEXT,
        threads: { ideal: THREADS, min: THREADS },
        ...(options.variant === "tuned" ? { flashAttention: true } : {}),
      });
      opened.set(name, { model, context, sequence: context.getSequence(), ids: idsOf(file) });
      return { opened: true };
    },
    async run({ name, steps }) {
      const { sequence, ids } = opened.get(name);
      const results = [];
      for (let count = 0; count < steps; count++) {
        await sequence.clearHistory();
        results.push(await step(sequence, ids));
      }
      const of = (field) => results.map((result) => result[field]);
      return { milliseconds: of("milliseconds"), processor: of("processor"), values: of("value") };
    },
    async close({ name }) {
      const { context, model } = opened.get(name);
      await context.dispose();
      await model.dispose();
      opened.delete(name);
      return { closed: true };
    },
  };
  for await (const line of createInterface({ input: process.stdin })) {
    const request = JSON.parse(line);
    const answer = await commands[request.command](request).catch((cause) => ({
      error: String(cause?.message ?? cause),
    }));
    process.stdout.write(`${JSON.stringify(answer)}\n`);
  }
  process.exit(0); // llama.cpp's threads would keep it
}
