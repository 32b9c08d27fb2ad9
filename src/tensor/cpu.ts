/** What the CPU can do that ONNX Runtime does not find out, or not make the best of, for itself. */
import { readFileSync } from "node:fs";

/**
 * Whether products of bytes with signed bytes are summed in 32 bits at once (VNNI, or no x64). Older x64 CPUs add pairs of them
 * in 16 bits first, which overflows where both are large. Only Linux says which of the two this is; elsewhere x64 counts as old.
 */
export function hasWideSums(): boolean {
  known ??= process.arch !== "x64" || flagsSayWide(flagsOf("/proc/cpuinfo"));
  return known;
}
let known: boolean | undefined;

/** The same of the words in a `flags` line. */
export function flagsSayWide(flags: string): boolean {
  return /\bavx(512)?_vnni\b/.test(flags);
}

/**
 * How many rows a product of bytes needs to be fast. With tiles (AMX) ONNX Runtime takes another way below three, at less than half
 * the speed: 60 products [M, 576] · [576, 1536] take 6.5 ms for M = 1 and 2.7 for 3 to 8 (Sapphire Rapids, one thread).
 */
export function leastRowsOfBytes(): number {
  return process.arch === "x64" && flagsSayTiles(flagsOf("/proc/cpuinfo")) ? 3 : 1;
}

/** Whether the words in a `flags` line say that there are tiles of bytes. */
export function flagsSayTiles(flags: string): boolean {
  return /\bamx_int8\b/.test(flags);
}

function flagsOf(path: string): string {
  try {
    return /^flags\s*:(.*)$/m.exec(readFileSync(path, "utf8"))?.[1] ?? "";
  } catch {
    return "";
  }
}
