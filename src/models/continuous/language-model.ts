/**
 * What DeftRec asks of the model that reads tokens and writes the response, whatever it is: small and trained from nothing
 * (backbone.ts), or pretrained. Words are its own numbers; `stop` ends a response.
 *   ŵ_t = argmax over allowed words of logits(state behind ŵ_{t−1}),  until stop or a limit
 * Greedy decoding is one graph here, its steps unrolled: responses of a compact backbone are two words long.
 */
import { LOWEST } from "#nn";
import type { TracedKey } from "#random";
import { concat, constant, float32, int32, type Tensor } from "#tensor";

/** Embeddings in, states out; words only at the edges. */
export interface LanguageModel {
  /** How many words there are, `stop` among them. */
  readonly vocabulary: number;
  /** The word that ends a response. */
  readonly stop: number;
  /** words [...] int32 → [..., W] */
  embed(words: Tensor): Tensor;
  /** embeddings [B, Q, W], additive mask broadcastable to [B, 1, Q, Q], distances [Q, Q] int32 → states [B, Q, W] */
  forward(embeddings: Tensor, mask: Tensor, distances: Tensor, key?: TracedKey): Tensor;
  /** states [..., W] → logits of the next word [..., V] */
  logits(states: Tensor): Tensor;
  /** What it writes behind a prompt: words [B, limit] int32, `stop` from the end of the response on. */
  generate(prompt: Prompt, options: GenerateOptions): Tensor;
}

/** What is read before the first word, and who may see whom, the places of the response included. */
export interface Prompt {
  readonly embeddings: Tensor; // [B, Q, W]
  readonly mask: Tensor; // broadcastable to [B, 1, Q', Q'], Q' ≥ Q + limit − 1
  readonly distances: Tensor; // [Q', Q'] int32
}

export interface GenerateOptions {
  /** Words at most. */
  readonly limit: number;
  /** Which words may come next, behind this many; absent: all. */
  readonly allowed?: (written: number) => (word: number) => boolean;
}

/** Greedy decoding by a model's other three methods, which implementers without a cache of their own share. */
export function greedy(
  model: Omit<LanguageModel, "generate">,
  { embeddings, mask, distances }: Prompt,
  { limit, allowed }: GenerateOptions,
): Tensor {
  const words: Tensor[] = []; // [B, 1] each
  let read = embeddings;
  for (let written = 0; written < limit; written++) {
    if (written > 0) read = concat([read, model.embed(words[written - 1])], 1);
    const count = Number(read.shape[1]); // positions are numbers; only the batch has a name
    const square = mask.slice(-1, 0, count).slice(-2, 0, count);
    const states = model.forward(read, square, distances.slice(0, 0, count).slice(1, 0, count));
    const logits = model.logits(states.at(1, -1)); // [B, V]
    const barred = allowed === undefined ? logits : logits.add(barring(model.vocabulary, allowed(written)));
    const [, best] = barred.topK(1); // [B, 1]; the first of equals
    const stop = constant(int32([model.stop], [1, 1]));
    words.push(written === 0 ? best : best.where(words[written - 1].equal(model.stop).not(), stop));
  }
  return concat(words, 1);
}

/** 0 for a word that may come next, too low to be chosen for another: [V]. */
function barring(vocabulary: number, allowed: (word: number) => boolean): Tensor {
  const row = Float32Array.from({ length: vocabulary }, (_, word) => (allowed(word) ? 0 : LOWEST));
  return constant(float32(row, [vocabulary]));
}
