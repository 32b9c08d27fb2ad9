/**
 * Texts continued token by token, several at once: prompts of unequal length are filled up at the left, the cache is read by
 * one graph, each token is chosen by its row's own key. A row ends at a stop token, where its constraint allows nothing more,
 * or at `maxTokens`; the others go on.
 */
import { ConfigError, InterruptedError } from "#base";
import { Key } from "#random";
import type { KeyValueCache } from "./cache.ts";
import type { Constraint } from "./constraint.ts";
import type { Following } from "./prefix.ts";
import { chooseToken, type Sampling } from "./sampling.ts";
import type { DecoderSession } from "./session.ts";

export interface GenerateOptions extends Sampling, Following {
  readonly maxTokens: number;
  /** Tokens that end a row; they are not part of its text. */
  readonly stop?: Iterable<number>;
  /** For draws; row r, token t draw from key.fold(r).fold(t). */
  readonly key?: Key;
  /** Of every row, or of each by its number. */
  readonly constraint?: Constraint | ((row: number) => Constraint | undefined);
  readonly signal?: { readonly aborted: boolean };
}

/** What one step added: each row's token, undefined where the row has ended. */
export interface GeneratedStep {
  readonly tokens: readonly (number | undefined)[];
  /** The logits the tokens were chosen from: [B, V]. */
  readonly logits: Float32Array;
}

/**
 * Tokens of a prompt that are read at once. A chunk sees itself whole, above the diagonal in vain, and all that stands before
 * it: smaller chunks waste less, larger ones keep the products of the layers' weights efficient.
 */
const CHUNK = 128;

/** Vectors of token ids: [n] → [n, D]. */
export type Embed = (ids: readonly number[]) => Float32Array;

/** Continues prompts, given as vectors [T, D] each. Ends when all rows have. */
export async function* generate(
  session: DecoderSession,
  prompts: readonly Float32Array[],
  embed: Embed,
  options: GenerateOptions,
): AsyncGenerator<GeneratedStep, void, undefined> {
  requireSensible(prompts, options);
  const { maxTokens, stop = [], key = Key.of(0), constraint, signal } = options;
  const stops = new Set(stop);
  const constraintOf = typeof constraint === "function" ? constraint : () => constraint;
  const rows = prompts.map((_, row) => ({ generated: [] as number[], ended: false, rule: constraintOf(row) }));
  const { vocabulary } = session.config;
  const read = await readPrompts(session, prompts, options);
  const { cache } = read;
  let { logits } = read;
  for (let step = 0; step < maxTokens; step++) {
    const tokens = rows.map((row, at) => {
      if (row.ended) return undefined;
      const allowed = row.rule?.allowed(row.generated);
      const own = logits.subarray(at * vocabulary, (at + 1) * vocabulary);
      const token = allowed?.length === 0 ? undefined : chooseToken(own, options, key.fold(at).fold(step), allowed);
      row.ended = token === undefined || stops.has(token);
      if (token === undefined || row.ended) return undefined;
      row.generated.push(token);
      return token;
    });
    if (rows.every(({ ended }) => ended)) return;
    yield { tokens, logits };
    if (step + 1 === maxTokens) return;
    if (signal?.aborted) throw new InterruptedError();
    const x = embed(tokens.map((token) => token ?? 0)); // a row that has ended reads anything: nobody asks it again
    logits = (
      await session.read(
        cache,
        { x },
        rows.map((_, at) => at),
      )
    ).logits;
  }
}

/** Reads prompts into a cache; logits [B, V] after the last token of each. */
export async function readPrompts(
  session: DecoderSession,
  prompts: readonly Float32Array[],
  { prefix, signal }: Pick<GenerateOptions, "prefix" | "signal">,
): Promise<{ readonly cache: KeyValueCache; readonly logits: Float32Array }> {
  const { dim } = session.config;
  const lengths = prompts.map((prompt) => prompt.length / dim);
  const longest = Math.max(...lengths);
  const fillings = lengths.map((length) => longest - length);
  const cache = session.cacheFor(fillings, prefix);
  let logits: Float32Array = new Float32Array(0);
  for (let start = 0; start < longest; start += CHUNK) {
    if (signal?.aborted) throw new InterruptedError();
    const size = Math.min(CHUNK, longest - start);
    const x = new Float32Array(prompts.length * size * dim);
    const padding = prompts.map((prompt, row) => {
      const before = fillings[row] - start; // tokens of padding this row still has
      const [from, to] = [Math.max(0, -before), Math.max(0, size - before)];
      x.set(prompt.subarray(from * dim, to * dim), (row * size + Math.max(0, before)) * dim);
      return Math.max(0, before);
    });
    const wanted = prompts.map((_, row) => row * size + size - 1);
    logits = (await session.read(cache, { x, padding }, wanted)).logits;
  }
  return { cache, logits };
}

function requireSensible(prompts: readonly Float32Array[], options: GenerateOptions): void {
  const wrong = (field: string, what: string) => {
    throw new ConfigError(`generate: ${what}.`, { code: "bad-value", field });
  };
  const { maxTokens, temperature = 0, topK = 1, topP = 1 } = options;
  if (prompts.length === 0 || prompts.some(({ length }) => length === 0)) {
    wrong("prompt", "a prompt has no tokens; expected one at least, a model's beginning-of-text token for instance");
  }
  if (!Number.isInteger(maxTokens) || maxTokens < 0)
    wrong("maxTokens", `maxTokens is ${maxTokens}, expected 0 or more`);
  if (!(temperature >= 0)) wrong("temperature", `temperature is ${temperature}, expected 0 or more`);
  if (!Number.isInteger(topK) || topK < 1) wrong("topK", `topK is ${topK}, expected 1 or more`);
  if (!(topP > 0 && topP <= 1)) wrong("topP", `topP is ${topP}, expected more than 0 and at most 1`);
}
