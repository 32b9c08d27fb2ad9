/**
 * How likely each of a list of texts is to follow, if one of them does: at every fork of their tree the shares of the tokens that go on,
 *   p(text) = Π_forks softmax(logits over the fork's tokens)[the text's]
 * which is what a constrained text is drawn by, token after token. The prompt is read once, and the tree in one pass behind it.
 */
import { InterruptedError } from "#base";
import { type Forks, TokenTrie } from "./constraint.ts";
import { type Embed, type GenerateOptions, readPrompts } from "./generate.ts";
import type { DecoderSession } from "./session.ts";

/** Logits that exist at once. */
const MOST_LOGITS = 1 << 24;

/** Prompts as vectors [T, D] each → log-probabilities of the texts, [texts] each. No text may be the beginning of another. */
export async function likelihoodsOf(
  session: DecoderSession,
  prompts: readonly Float32Array[],
  embed: Embed,
  texts: readonly (readonly number[])[],
  options: Pick<GenerateOptions, "prefix" | "signal"> = {},
): Promise<Float64Array[]> {
  const trie = new TokenTrie(texts);
  const { tokens, parents, forks } = trie.forks;
  const longer = texts.find((text) => trie.allowed(text).length > 0);
  if (longer !== undefined) throw new Error(`internal: the text ${longer.join(" ")} is the beginning of another.`);
  const paths = texts.map((text) => pathOf(text, { tokens, parents }));
  const { vocabulary } = session.config;
  const x = embed(tokens);
  const told = prompts.map(() => new Float64Array(texts.length));
  const order = [...prompts.keys()].sort((a, b) => prompts[a].length - prompts[b].length || a - b);
  const step = Math.max(1, Math.floor(MOST_LOGITS / vocabulary / (tokens.length + 1)));
  for (let from = 0; from < order.length; from += step) {
    if (options.signal?.aborted) throw new InterruptedError();
    const some = order.slice(from, from + step);
    const given = some.map((at) => prompts[at]);
    const { cache, logits: first } = await readPrompts(session, given, options);
    const all = new Float32Array(some.length * x.length);
    for (let row = 0; row < some.length; row++) all.set(x, row * x.length);
    const wanted = Array.from({ length: some.length * tokens.length }, (_, at) => at);
    const behind = tokens.length === 0 ? first : (await session.read(cache, { x: all, parents }, wanted)).logits;
    some.forEach((at, row) => {
      const logitsOf = (token: number) =>
        token < 0 ? first.subarray(row * vocabulary) : behind.subarray((row * tokens.length + token) * vocabulary);
      const shares = new Map(forks.map((fork) => [fork.at, sharesOf(logitsOf(fork.at), fork.tokens)]));
      paths.forEach((path, of) => {
        // Where texts do not part, the next token is certain.
        told[at][of] = path.reduce((sum, step) => sum + (shares.get(step.at)?.get(step.token) ?? 0), 0);
      });
    });
  }
  return told;
}

/** Token → log of its share among these. */
function sharesOf(logits: Float32Array, tokens: readonly number[]): Map<number, number> {
  const most = tokens.reduce((highest, token) => Math.max(highest, logits[token]), -Infinity);
  const sum = tokens.reduce((whole, token) => whole + Math.exp(logits[token] - most), 0);
  return new Map(tokens.map((token) => [token, logits[token] - most - Math.log(sum)]));
}

/** A text's steps through the tree: which token follows behind which of the tree's, as far as texts part. */
function pathOf(text: readonly number[], { tokens, parents }: Pick<Forks, "tokens" | "parents">) {
  const path: { readonly at: number; readonly token: number }[] = [];
  let at = -1;
  for (const token of text) {
    path.push({ at, token });
    const before = at;
    at = tokens.findIndex((other, place) => other === token && parents[place] === before);
    if (at < 0) break;
  }
  return path;
}
