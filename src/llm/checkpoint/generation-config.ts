/** generation_config.json beside a model: its tokens that end a text come before those of config.json. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { CheckpointError } from "#base";
import type { SpecialTokens } from "../config.ts";

const token = z.int().min(0);
const file = z.looseObject({
  bos_token_id: token.nullish(),
  eos_token_id: z.union([token, z.array(token)]).nullish(),
  pad_token_id: token.nullish(),
});

/** `known`, with what the directory's generation_config.json says, where there is one. */
export async function specialTokensOf(directory: string, known: SpecialTokens): Promise<SpecialTokens> {
  const path = join(directory, "generation_config.json");
  const text = await readFile(path, "utf8").catch(() => undefined);
  if (text === undefined) return known;
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    content = undefined;
  }
  const result = file.safeParse(content);
  if (!result.success) {
    throw new CheckpointError(`${path}: this is not a generation configuration (${result.error.issues[0].message}).`, {
      code: "bad-config",
      file: path,
      hint: "Fetch it again, or remove it: config.json says most of it too.",
      cause: result.error,
    });
  }
  const { bos_token_id: begin, eos_token_id: end, pad_token_id: pad } = result.data;
  return {
    begin: begin ?? known.begin,
    end: end === null || end === undefined ? known.end : [end].flat(),
    pad: pad ?? known.pad,
  };
}
