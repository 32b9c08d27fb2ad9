/** A path to a language model: a Hugging Face directory, a GGUF file, or a directory with one GGUF file in it. */
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { DataError } from "#base";
import { openGgufCheckpoint } from "./gguf.ts";
import { isHuggingFace, openHuggingFace } from "./hugging-face.ts";
import type { Checkpoint } from "./source.ts";

/** Opens what lies at `path`. */
export async function openCheckpoint(path: string): Promise<Checkpoint> {
  const found = await stat(path).catch((cause) => {
    throw new DataError(`${path}: there is no such file or directory.`, {
      code: "no-model",
      file: path,
      hint: "Expected a model's directory, a GGUF file, or a hub id such as HuggingFaceTB/SmolLM2-135M-Instruct.",
      cause,
    });
  });
  if (!found.isDirectory()) return openGgufCheckpoint(path);
  if (await isHuggingFace(path)) return openHuggingFace(path);
  return openGgufCheckpoint(join(path, await onlyGguf(path)));
}

async function onlyGguf(directory: string): Promise<string> {
  const names = await readdir(directory);
  const files = names.filter((name) => name.endsWith(".gguf")).sort();
  if (files.length === 1) return files[0];
  if (files.length > 1) {
    throw new DataError(`${directory}: several models lie here: ${files.join(", ")}. Name one of the files.`, {
      code: "several-models",
      file: directory,
    });
  }
  const torch = names.some((name) => name.endsWith(".bin") || name.endsWith(".pth"));
  throw new DataError(
    `${directory}: no weights lie here. Expected model.safetensors, its shards with model.safetensors.index.json, or a GGUF file.`,
    {
      code: "no-weights",
      file: directory,
      hint: torch
        ? "PyTorch's own files (.bin, .pth) are not read, they can hold code: save the model as safetensors."
        : "Fetch the whole model.",
    },
  );
}
