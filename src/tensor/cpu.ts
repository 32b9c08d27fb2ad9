/** What the CPU can do that ONNX Runtime does not find out for itself. */
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

function flagsOf(path: string): string {
  try {
    return /^flags\s*:(.*)$/m.exec(readFileSync(path, "utf8"))?.[1] ?? "";
  } catch {
    return "";
  }
}
