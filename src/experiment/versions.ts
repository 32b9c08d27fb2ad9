/** What a result depends on besides its inputs: the versions of what computed it. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

/** Versions of this package, Node.js and ONNX Runtime (null where it is not installed). */
export function versions(): { deftrec: string; node: string; onnxruntime: string | null } {
  return {
    deftrec: versionIn(new URL("../../package.json", import.meta.url)) ?? "unknown",
    node: process.versions.node,
    onnxruntime: installed("onnxruntime-node"),
  };
}

/** The installed version of a package, without loading it; null where it is not installed. */
export function installed(name: string): string | null {
  try {
    return versionIn(createRequire(import.meta.url).resolve(`${name}/package.json`));
  } catch {
    return null;
  }
}

function versionIn(path: string | URL): string | null {
  const { version } = JSON.parse(readFileSync(path, "utf8")) as { version?: string }; // as: a package.json
  return version ?? null;
}
