/**
 * How likely each of a list of texts is to follow, if one of them does: at every fork of their tree the shares of the tokens that go on,
 *   p(text) = Π_forks softmax(logits over the fork's tokens)[the text's]
 * which is what a constrained text is drawn by, token after token. The prompt is read once, and the tree in one pass behind it.
 */
import { InterruptedError } from "#base";
import { TokenTrie } from "./constraint.ts";
import { type Embed, readPrompts } from "./generate.ts";
import type { DecoderSession } from "./session.ts";

/** Logits that exist at once. */
const MOST_LOGITS = 1 << 24;

/** Prompts as vectors [T, D] each → log-probabilities of the texts, [texts] each. No text may be the beginning of another. */
export async function likelihoodsOf(
  session: DecoderSession,
  prompts: readonly Float32Array[],
  embed: Embed,
  texts: readonly (readonly number[])[],
  signal?: { readonly aborted: boolean },
): Promise<Float64Array[]> {
  const { tokens, parents, forks } = new TokenTrie(texts).forks;
  const { vocabulary } = session.config;
  const x = embed(tokens);
  const told = prompts.map(() => new Float64Array(texts.length));
  const order = [...prompts.keys()].sort((a, b) => prompts[a].length - prompts[b].length || a - b);
  const step = Math.max(1, Math.floor(MOST_LOGITS / vocabulary / (tokens.length + 1)));
  for (let from = 0; from < order.length; from += step) {
    if (signal?.aborted) throw new InterruptedError();
    const some = order.slice(from, from + step);
    const cache = session.cache(some.length);
    const given = some.map((at) => prompts[at]);
    const first = await readPrompts(session, cache, given, signal);
    const all = new Float32Array(some.length * x.length);
    for (let row = 0; row < some.length; row++) all.set(x, row * x.length);
    const wanted = Array.from({ length: some.length * tokens.length }, (_, at) => at);
    const behind = tokens.length === 0 ? first : (await session.read(cache, { x: all, parents }, wanted)).logits;
    some.forEach((at, row) => {
      const logitsOf = (token: number) =>
        token < 0 ? first.subarray(row * vocabulary) : behind.subarray((row * tokens.length + token) * vocabulary);
      const shares = new Map(forks.map((fork) => [fork.at, sharesOf(logitsOf(fork.at), fork.tokens)]));
      texts.forEach((text, of) => {
        told[at][of] = likelihoodOf(text, { tokens, parents }, shares);
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

function likelihoodOf(
  text: readonly number[],
  { tokens, parents }: { readonly tokens: readonly number[]; readonly parents: readonly number[] },
  shares: ReadonlyMap<number, ReadonlyMap<number, number>>,
): number {
  let [sum, place] = [0, -1];
  for (const token of text) {
    sum += shares.get(place)?.get(token) ?? 0; // where texts do not part, the next token is certain
    const before = place;
    place = tokens.findIndex((other, at) => other === token && parents[at] === before);
    if (place < 0) break;
  }
  return sum;
}
