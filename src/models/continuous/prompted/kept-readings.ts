/**
 * What a trained run made of histories, kept between openings: a language model reads some ten histories a second, and whoever
 * lists all users every night, or measures a run in several ways, asks of most of them again.
 *   directory   by the hash of all that a reading follows from but the history: weights, files, words
 *   name        by the hash of what the history is to the model: items and the words of their lines
 */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { cacheDirectory } from "#base";
import { KeptStates, namesOf } from "#encoders";
import type { Weights } from "#nn";
import type { Context } from "#recommender";
import type { Arrays } from "#tensor";
import type { DeftRecConfig } from "../config.ts";
import type { Prompts } from "./prompt.ts";

/** Changes when the same history comes out otherwise. */
const LAYOUT = 1;

export class KeptReadings implements AsyncDisposable {
  private constructor(private readonly kept: KeptStates | undefined) {}

  /** Nothing is kept: each row is made when it is asked for. */
  static readonly none = new KeptReadings(undefined);

  /** Rows of `width` float32 that follow from `parameters`, from whatever `identity` lists, and from a history. */
  static async open(identity: readonly unknown[], parameters: Arrays, width: number): Promise<KeptReadings> {
    const hash = createHash("sha256").update(JSON.stringify([LAYOUT, ...identity]));
    for (const name of Object.keys(parameters).sort()) {
      const { data } = parameters[name];
      hash.update(name).update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    }
    const directory = join(cacheDirectory(), "readings", hash.digest("hex").slice(0, 32));
    return new KeptReadings(await KeptStates.open(directory, 2 * width)); // kept whole: a float32 is two halves' bytes
  }

  /** A row for each name; `make` makes those of the places that are not kept, each name once. */
  async rows(names: readonly string[], make: Make): Promise<Float32Array[]> {
    const { kept } = this;
    if (kept === undefined) return [...(await make([...names.keys()]))];
    return kept.during(() => rowsOf(kept, names, make));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kept?.write();
  }
}

type Make = (places: readonly number[]) => Promise<readonly Float32Array[]>;

async function rowsOf(kept: KeptStates, names: readonly string[], make: Make): Promise<Float32Array[]> {
  const missing = new Map(names.flatMap((name, place) => (kept.get(name) === undefined ? [[name, place]] : [])));
  const made = missing.size === 0 ? [] : await make([...missing.values()]);
  let at = 0;
  for (const name of missing.keys()) await kept.add(name, new Uint16Array(made[at++].slice().buffer));
  return names.map((name) => {
    const halves = kept.get(name);
    if (halves === undefined) throw new Error("internal: what was read is not kept");
    return new Float32Array(halves.slice().buffer);
  });
}

/** What a history is called that is made of `lines`, one an item: its items and the token ids of each. */
export function readingName(items: Int32Array, line: (item: number) => readonly number[]): string {
  const told = Array.from(items, (item) => [item, ...line(item)]).flat();
  return namesOf(told, [told.length])[0];
}

interface ReadBy {
  readonly weights: Weights;
  readonly groupNames: readonly string[];
  readonly files: readonly { readonly hash: string }[];
}

/** What this run read before; nothing where it is trained, nor where a reading follows from more than the history. */
export async function keptReadings(
  { llmPrecision, maxLength, queryStart, reasoning, reasoningTokens, retrieval, dim }: DeftRecConfig,
  { weights: { arrays }, groupNames, files }: ReadBy,
  prompts: Prompts,
  { keeps = false }: Context,
) {
  if (!keeps || reasoning === "oracle") return { conditions: KeptReadings.none, likelihoods: KeptReadings.none };
  const options = [llmPrecision, maxLength, queryStart, reasoning, reasoningTokens];
  const words = [prompts.head(0), prompts.tail(0), prompts.opening, groupNames];
  const identity = [files.map(({ hash }) => hash), ...options, ...words];
  const open = (what: string, width: number) => KeptReadings.open([what, ...identity], arrays, width);
  return {
    conditions: await open("conditions", dim),
    likelihoods: retrieval === "latent" ? KeptReadings.none : await open("likelihoods", groupNames.length),
  };
}
