/**
 * Adapters on disk, in PEFT's layout: adapter_config.json and adapter_model.safetensors, whose names are
 * `base_model.model.` + Hugging Face's name of the projection + `.lora_A.weight` [r, I] or `.lora_B.weight` [O, r].
 * Here an adapter's arrays are called by place: `layers.0.attention.query.a` and `….b`.
 */
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { CheckpointError, DataError, writeWhole } from "#base";
import { type Arrays, float32, type NdArray, readSafetensors, writeSafetensors } from "#tensor";
import { huggingFaceName, PROJECTIONS, type ProjectionName } from "../names.ts";
import { type LoraOptions, scaleOf } from "./lora.ts";

/** What PEFT writes and we follow; what would change the numbers and is not followed is refused. */
const config = z.looseObject({
  peft_type: z.literal("LORA"),
  r: z.int().min(1),
  lora_alpha: z.number(),
  lora_dropout: z.number().min(0).max(1).default(0),
  use_rslora: z.boolean().default(false),
  target_modules: z.union([z.string(), z.array(z.string())]).nullish(),
  base_model_name_or_path: z.string().nullish(),
});
/** Settings of PEFT under which its numbers would be others than ours, by what they must be. */
const PLAIN: Readonly<Record<string, (value: unknown) => boolean>> = {
  bias: (value) => value === "none",
  use_dora: isOff,
  use_qalora: isOff,
  use_bdlora: isOff,
  lora_bias: isOff,
  fan_in_fan_out: isOff,
  modules_to_save: isOff,
  layer_replication: isOff,
  trainable_token_indices: isOff,
  target_parameters: isOff,
  rank_pattern: isOff,
  alpha_pattern: isOff,
  alora_invocation_tokens: isOff,
};

/** An adapter, read. */
export interface Adapter {
  readonly options: LoraOptions;
  /** By place: `layers.0.attention.query.a`. */
  readonly arrays: Arrays;
  /** The model that it was trained on, where that is said. */
  readonly base: string | undefined;
}

const CONFIG = "adapter_config.json";
const WEIGHTS = "adapter_model.safetensors";

/** Reads a directory that PEFT or `writeAdapter` wrote. */
export async function readAdapter(directory: string): Promise<Adapter> {
  const path = join(directory, CONFIG);
  const { r: rank, lora_alpha: alpha, lora_dropout, use_rslora, base_model_name_or_path } = await configAt(path);
  const file = join(directory, WEIGHTS);
  const arrays = byPlace(file, (await readSafetensors(file)).arrays, rank);
  const options = {
    rank,
    alpha,
    dropout: lora_dropout,
    stabilised: use_rslora,
    on: (place: string) => `${place}.a` in arrays,
  };
  return { options, arrays, base: base_model_name_or_path ?? undefined };
}

/** Writes an adapter so that PEFT opens it. */
export async function writeAdapter(
  directory: string,
  arrays: Arrays,
  { rank, alpha, dropout, stabilised = false }: Omit<LoraOptions, "on">,
  base = "",
): Promise<void> {
  await mkdir(directory, { recursive: true });
  const short = Object.entries(PROJECTIONS).filter(([, part]) =>
    Object.keys(arrays).some((name) => name.endsWith(`.${part}.a`)),
  );
  const settings = {
    peft_type: "LORA",
    task_type: "CAUSAL_LM",
    base_model_name_or_path: base,
    r: rank,
    lora_alpha: alpha,
    lora_dropout: dropout,
    use_rslora: stabilised,
    bias: "none",
    fan_in_fan_out: false,
    inference_mode: true,
    target_modules: short.map(([name]) => name),
  };
  await writeSafetensors(join(directory, WEIGHTS), inPeftNames(arrays), { format: "pt" });
  await writeWhole(join(directory, CONFIG), [new TextEncoder().encode(`${JSON.stringify(settings, null, 2)}\n`)]);
}

/** W + s B A for every projection with an adapter; `weights` [O, I] by address are replaced, not written into. */
export function merged(
  weights: Readonly<Record<string, NdArray>>,
  { arrays, options }: Adapter,
): Record<string, NdArray> {
  const all = { ...weights };
  const scale = scaleOf(options);
  for (const name of Object.keys(arrays)) {
    if (!name.endsWith(".a")) continue;
    const place = name.slice(0, -2);
    const [weight, a, b] = [weights[`${place}.weight`], arrays[name], arrays[`${place}.b`]];
    if (weight === undefined) throw new Error(`internal: no dense weight stands at ${place}`);
    all[`${place}.weight`] = float32(summed(weight, a, b, scale), weight.shape);
  }
  return all;
}

function summed({ data, shape: [outDim, inDim] }: NdArray, a: NdArray, b: NdArray, scale: number): Float32Array {
  const sum = Float32Array.from(data as Float32Array); // as: dense weights and adapters are float32
  const [down, up] = [a.data as Float32Array, b.data as Float32Array];
  const rank = a.shape[0];
  for (let out = 0; out < outDim; out++) {
    for (let k = 0; k < rank; k++) {
      const factor = scale * up[out * rank + k];
      if (factor === 0) continue;
      for (let at = 0; at < inDim; at++) sum[out * inDim + at] += factor * down[k * inDim + at];
    }
  }
  return sum;
}

async function configAt(path: string): Promise<z.output<typeof config>> {
  const text = await readFile(path, "utf8").catch((cause: NodeJS.ErrnoException) => {
    throw new DataError(
      `${path}: ${cause.code === "ENOENT" ? "no such file" : cause.message}. Expected an adapter's configuration, as PEFT writes it.`,
      {
        code: "no-adapter",
        file: path,
        hint: `An adapter's directory holds ${CONFIG} and ${WEIGHTS}.`,
        cause,
      },
    );
  });
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (cause) {
    throw new CheckpointError(`${path}: this file is not JSON. Write the adapter again.`, { file: path, cause });
  }
  const odd = Object.entries(PLAIN).find(
    ([name, isPlain]) => name in Object(content) && !isPlain(Reflect.get(Object(content), name)),
  );
  if (odd !== undefined) {
    throw new CheckpointError(
      `${path}: ${odd[0]} is ${JSON.stringify(Reflect.get(Object(content), odd[0]))}, an adapter of a kind that is not read here. Expected plain LoRA on the projections.`,
      { code: "unknown-adapter", file: path, field: odd[0], hint: "Merge it into its model with PEFT, and use that." },
    );
  }
  const parsed = config.safeParse(content);
  if (parsed.success) return parsed.data;
  const [{ path: field, message }] = parsed.error.issues;
  throw new CheckpointError(`${path}: ${field.join(".")}: ${message}. Expected a LoRA adapter's configuration.`, {
    code: "unknown-adapter",
    file: path,
    field: field.join("."),
    cause: parsed.error,
  });
}

/** Nothing, false, an empty list or an empty object. */
function isOff(value: unknown): boolean {
  if (typeof value === "object" && value !== null) return Object.keys(value).length === 0;
  return value === undefined || value === null || value === false;
}

function byPlace(file: string, found: Arrays, rank: number): Arrays {
  const arrays: Record<string, NdArray> = {};
  for (const [name, array] of Object.entries(found)) {
    const [, layer, module, half] =
      /^base_model\.model\.model\.layers\.(\d+)\.(?:self_attn|mlp)\.(\w+)\.lora_([AB])\.weight$/.exec(name) ?? [];
    const part = module in PROJECTIONS ? PROJECTIONS[module as ProjectionName] : undefined; // as: asked just before
    if (part === undefined) {
      throw new CheckpointError(
        `${file}: "${name}" is no adapter of a projection. Expected lora_A and lora_B of ${Object.keys(PROJECTIONS).join(", ")}.`,
        { code: "unknown-adapter", file, field: name },
      );
    }
    if (array.shape[half === "A" ? 0 : 1] !== rank) {
      throw new CheckpointError(
        `${file}: "${name}" has shape [${array.shape.join(", ")}]; its configuration says rank ${rank}.`,
        { code: "weight-shape", file, field: name },
      );
    }
    arrays[`layers.${layer}.${part}.${half.toLowerCase()}`] = array;
  }
  const lone = Object.keys(arrays).find(
    (name) => !(name.replace(/[ab]$/, (half) => (half === "a" ? "b" : "a")) in arrays),
  );
  if (lone !== undefined) {
    throw new CheckpointError(`${file}: "${lone}" stands without its other half.`, { code: "missing-weight", file });
  }
  return arrays;
}

function inPeftNames(arrays: Arrays): Arrays {
  return Object.fromEntries(
    Object.entries(arrays).map(([name, array]) => {
      const [place, half] = [name.slice(0, -2), name.slice(-1).toUpperCase()];
      const projection = huggingFaceName(`${place}.weight`).replace(/\.weight$/, "");
      return [`base_model.model.${projection}.lora_${half}.weight`, array];
    }),
  );
}
