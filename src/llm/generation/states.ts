/**
 * Hidden states of whole texts, many at once: texts of like length share a pass, filled up at the left, and no logits are
 * computed. A text's states do not depend on its company, up to rounding.
 */
import { InterruptedError } from "#base";
import type { Following } from "./prefix.ts";
import type { DecoderSession } from "./session.ts";

export interface StatesOptions extends Following {
  readonly signal?: { readonly aborted: boolean };
  /** Told how many texts are read. */
  readonly progress?: (done: number) => void;
}

/** Most places of a pass, padding counted, and most texts. */
const MOST_PLACES = 2048;
const MOST_TEXTS = 32;

/** Texts as vectors [T, D] each → their states after the final norm, [T, D] each, in their order. */
export async function statesOf(
  session: DecoderSession,
  texts: readonly Float32Array[],
  { signal, progress, prefix }: StatesOptions = {},
): Promise<Float32Array[]> {
  const { dim } = session.config;
  const states = texts.map(() => new Float32Array(0));
  const order = [...texts.keys()].filter((at) => texts[at].length > 0);
  order.sort((a, b) => texts[a].length - texts[b].length || a - b);
  for (let first = 0; first < order.length; ) {
    if (signal?.aborted) throw new InterruptedError();
    const some = order.slice(first, first + together(order, texts, dim, first));
    const longest = texts[some[some.length - 1]].length;
    const x = new Float32Array(some.length * longest);
    const padding = some.map((at, row) => {
      x.set(texts[at], (row + 1) * longest - texts[at].length);
      return (longest - texts[at].length) / dim;
    });
    const { hidden } = await session.read(session.cacheFor(padding, prefix), { x, padding }, []);
    some.forEach((at, row) => {
      states[at] = hidden.slice((row + 1) * longest - texts[at].length, (row + 1) * longest);
    });
    first += some.length;
    progress?.(first);
  }
  return states;
}

/** How many of `order` from `first` on run together; they stand shortest first. */
function together(order: readonly number[], texts: readonly Float32Array[], dim: number, first: number): number {
  let count = 1;
  while (count < MOST_TEXTS && first + count < order.length) {
    if (((count + 1) * texts[order[first + count]].length) / dim > MOST_PLACES) break;
    count++;
  }
  return count;
}
