/** What the figures were taken on: a claim of speed names its CPU. */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { arch, cpus, platform } from "node:os";

/** One line: CPU, cores, AVX-512, system, Node, ONNX Runtime, PyTorch. */
export async function machine(torch: string | undefined): Promise<string> {
  const cores = cpus();
  const wide = await hasAvx512();
  return [
    cores[0]?.model.trim() ?? "unknown CPU",
    `${cores.length} cores`,
    wide === undefined ? "AVX-512 unknown" : wide ? "AVX-512" : "no AVX-512",
    `${platform()}-${arch()}`,
    `Node ${process.versions.node}`,
    `ONNX Runtime ${runtimeVersion()}`,
    ...(torch === undefined ? [] : [`PyTorch ${torch}`]),
  ].join(", ");
}

async function hasAvx512(): Promise<boolean | undefined> {
  try {
    return /\bavx512f\b/.test(await readFile("/proc/cpuinfo", "utf8"));
  } catch {
    return undefined; // no such file outside Linux
  }
}

function runtimeVersion(): string {
  try {
    const { version }: { version: string } = createRequire(import.meta.url)("onnxruntime-node/package.json");
    return version;
  } catch {
    return "absent";
  }
}
