/**
 * Exact selection of the k best of many scores, without sorting the rest: a heap of k whose root is the worst kept.
 * Order: higher score first, of equal scores the lower index first, so that the answer is the same on every machine.
 * -Infinity is never selected (masked, or not generated); NaN is never above anything, so callers check for it.
 */

/** Selected indices and their scores, best first; fewer than k where fewer can be selected. */
export interface Selection {
  readonly indices: Int32Array;
  readonly scores: Float32Array;
}

/** The k best of `scores`, by position. O(n + m log k) for m entries into the heap. */
export function selectTop(scores: Float32Array, k: number): Selection {
  const top = new Top(Math.min(k, scores.length));
  top.offer(scores, 0, scores.length, 0);
  return top.sorted();
}

/** The k best of scores that come in several pieces, offered in the order of their indices. */
export class Top {
  // A heap in two arrays: every entry stands before its parent in the final order, so that the root is the worst kept.
  readonly #indices: Int32Array;
  readonly #scores: Float32Array;
  #size = 0;

  constructor(k: number) {
    this.#indices = new Int32Array(Math.max(0, k));
    this.#scores = new Float32Array(Math.max(0, k));
  }

  /** Takes in `scores[from .. to]`, the first of which has index `first`: above every index offered before. */
  offer(scores: Float32Array, from: number, to: number, first: number): void {
    const shift = first - from;
    let at = from;
    for (; at < to && this.#size < this.#indices.length; at++) {
      if (scores[at] > -Infinity) this.#add(scores[at], at + shift);
    }
    while (this.#size > 0 && at < to) {
      // Indices rise, so an equal score here loses to the one already kept.
      at = nextAbove(scores, at, to, this.#scores[0]);
      if (at < to) this.#replaceWorst(this.#size, scores[at], at++ + shift);
    }
  }

  /** Everything kept, best first; the list is empty afterwards. */
  sorted(): Selection {
    const indices = new Int32Array(this.#size);
    const scores = new Float32Array(this.#size);
    for (let left = this.#size - 1; left >= 0; left--) {
      indices[left] = this.#indices[0];
      scores[left] = this.#scores[0];
      this.#replaceWorst(left, this.#scores[left], this.#indices[left]);
    }
    this.#size = 0;
    return { indices, scores };
  }

  /** Whether entry `at` of the heap stands behind this score and index in the final order. */
  #isBehind(at: number, score: number, index: number): boolean {
    return this.#scores[at] < score || (this.#scores[at] === score && this.#indices[at] > index);
  }

  /** Puts an entry at the heap's end and lets it rise while its parent stands before it. */
  #add(score: number, index: number): void {
    let at = this.#size++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (this.#isBehind(parent, score, index)) break;
      this.#move(parent, at);
      at = parent;
    }
    this.#put(at, score, index);
  }

  /** Puts an entry in the root's place and lets it sink below children that stand behind it; the heap has `size` entries. */
  #replaceWorst(size: number, score: number, index: number): void {
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= size) break;
      const other = child + 1;
      if (other < size && this.#isBehind(other, this.#scores[child], this.#indices[child])) child = other;
      if (!this.#isBehind(child, score, index)) break;
      this.#move(child, at);
      at = child;
    }
    this.#put(at, score, index);
  }

  #move(from: number, to: number): void {
    this.#scores[to] = this.#scores[from];
    this.#indices[to] = this.#indices[from];
  }

  #put(at: number, score: number, index: number): void {
    this.#scores[at] = score;
    this.#indices[at] = index;
  }
}

/** The first position of `from .. to` whose score is above `worst`, or `to`. Nearly all time is spent here: keep it bare. */
function nextAbove(scores: Float32Array, from: number, to: number, worst: number): number {
  for (let at = from; at < to; at++) if (scores[at] > worst) return at;
  return to;
}
