/** What the figures were taken on: a claim of speed names its CPU. */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { arch, cpus, platform } from "node:os";

/** One line: CPU, cores, its wide instruction sets, system, Node, ONNX Runtime (which takes all of these), the peer. */
export async function machine(peer: string | undefined): Promise<string> {
  const cores = cpus();
  const sets = await instructionSets();
  return [
    cores[0]?.model.trim() ?? "unknown CPU",
    `${cores.length} cores`,
    sets === undefined
      ? "AVX-512 unknown"
      : sets.includes("AVX-512")
        ? sets.join(" ")
        : ["no AVX-512", ...sets].join(" "),
    `${platform()}-${arch()}`,
    `Node ${process.versions.node}`,
    `ONNX Runtime ${runtimeVersion()}`,
    ...(peer === undefined ? [] : [peer]),
  ].join(", ");
}

async function instructionSets(): Promise<string[] | undefined> {
  const known = { "AVX-512": "avx512f", "AVX-512-VNNI": "avx512_vnni", "AVX-VNNI": "avx_vnni", "AMX-int8": "amx_int8" };
  try {
    const flags = await readFile("/proc/cpuinfo", "utf8");
    return Object.entries(known).flatMap(([name, flag]) => (new RegExp(`\\b${flag}\\b`).test(flags) ? [name] : []));
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
