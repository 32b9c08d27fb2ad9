/** What doctor looks at. Each check answers for itself: one that fails says so and leaves the others alone. */
import { execFile } from "node:child_process";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { availableParallelism, cpus, freemem, totalmem } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { beside, cacheDirectory } from "#base";
import { installed } from "#experiment";
import { compile, type Device, float32 } from "#tensor";
import { bytes } from "./words.ts";

export interface Finding {
  readonly name: string;
  readonly state: "fit" | "limited" | "missing";
  /** Nothing works without it. */
  readonly essential: boolean;
  readonly found: string;
  /** What to do, where something is not fit. */
  readonly todo?: string;
}

const LEAST_NODE = [20, 19] as const;
/** Below, importing a large log and training a large catalogue get slow or stop. */
const COMFORTABLE_MEMORY = 2e9;

/** Everything, in the order in which it is read. */
export async function examine(): Promise<Finding[]> {
  return [node(), await runtime(), await webgpu(), await processor(), memory(), duckdb(), await cache()];
}

function node(): Finding {
  const [major, minor] = process.versions.node.split(".").map(Number);
  const fit = major > LEAST_NODE[0] || (major === LEAST_NODE[0] && minor >= LEAST_NODE[1]);
  const found = `${process.versions.node}, ${process.platform} ${process.arch}`;
  const todo = `Install Node.js ${LEAST_NODE.join(".")} or later.`;
  return { name: "Node.js", essential: true, found, ...(fit ? { state: "fit" } : { state: "missing", todo }) };
}

async function runtime(): Promise<Finding> {
  const common = { name: "ONNX Runtime", essential: true };
  try {
    await multiply("cpu");
    return { ...common, state: "fit", found: `${installed("onnxruntime-node")}, computes` };
  } catch (cause) {
    const found = cause instanceof Error ? cause.message.split("\n")[0] : String(cause);
    const todo =
      "ONNXRUNTIME_NODE_INSTALL=skip npm install onnxruntime-node@1.30.0 (popularity and transitions work without)";
    return { ...common, state: "missing", found, todo };
  }
}

/** In a process of its own: a graphics driver that crashes takes nothing along, and what it prints is not ours. */
async function webgpu(): Promise<Finding> {
  const common = { name: "WebGPU", essential: false };
  const script = `const { multiply } = await import(${JSON.stringify(import.meta.url)}); await multiply("webgpu");`;
  const usable = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", script]).then(
    () => true,
    () => false,
  );
  if (usable) return { ...common, state: "fit", found: "usable: --device webgpu" };
  return { ...common, state: "limited", found: "not usable here; models run on the CPU" };
}

/** Throws unless a product of two matrices comes out right on `device`. */
export async function multiply(device: Device): Promise<void> {
  await using square = compile("doctor", ({ x }) => ({ y: x.matmul(x) }), { runtime: { device, threads: 1 } });
  const { y } = await square.run({ x: float32([1, 2, 3, 4], [2, 2]) });
  if (y.data[0] !== 7) throw new Error(`[[1, 2], [3, 4]] squared begins with ${y.data[0]} instead of 7`);
}

async function processor(): Promise<Finding> {
  const info = await readFile("/proc/cpuinfo", "utf8").catch(() => "");
  const flags = /^flags\s*:(.*)$/m.exec(info)?.[1].split(" ") ?? [];
  const vectors = flags.includes("avx512f") ? "AVX-512" : flags.includes("avx2") ? "AVX2, no AVX-512" : "";
  const model = cpus()[0]?.model.trim() ?? "unknown";
  const parts = [model, `${availableParallelism()} cores`, vectors || (flags.length > 0 ? "no AVX2" : "")];
  const found = parts.filter((part) => part !== "").join(", ");
  const slow = flags.length > 0 && vectors === "";
  const todo = "Training works and is several times slower than on a CPU with AVX2.";
  return { name: "Processor", essential: false, found, ...(slow ? { state: "limited", todo } : { state: "fit" }) };
}

function memory(): Finding {
  const found = `${bytes(totalmem())}, ${bytes(freemem())} free`;
  if (totalmem() >= COMFORTABLE_MEMORY) return { name: "Memory", essential: false, state: "fit", found };
  const todo = `Logs of some 100,000 interactions are fine; for millions have ${bytes(COMFORTABLE_MEMORY)}.`;
  return { name: "Memory", essential: false, state: "limited", found, todo };
}

function duckdb(): Finding {
  const version = installed("@duckdb/node-api");
  if (version !== null) return { name: "DuckDB", essential: true, state: "fit", found: version };
  return { name: "DuckDB", essential: true, state: "missing", found: "not installed", todo: "npm install" };
}

async function cache(): Promise<Finding> {
  const directory = cacheDirectory();
  const probe = beside(join(directory, "probe"));
  try {
    await mkdir(directory, { recursive: true });
    await writeFile(probe, "");
    await rm(probe);
    return { name: "Cache", essential: true, state: "fit", found: directory };
  } catch (cause) {
    const found = `${directory} cannot be written (${cause instanceof Error ? cause.message : String(cause)})`;
    const todo = "Set DEFTREC_CACHE to a directory that can.";
    return { name: "Cache", essential: true, state: "missing", found, todo };
  }
}
