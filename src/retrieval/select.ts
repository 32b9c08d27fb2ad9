/**
 * Exact selection of the k best of many scores, without sorting the rest: a heap of k whose root is the worst kept.
 * Order: higher score first, of equal scores the lower index first, so that the answer is the same on every machine.
 * -Infinity is never selected (masked, or not generated); NaN is never above anything, so callers check for it.
 */

/** The selected positions and their scores, best first; fewer than k where fewer can be selected. */
export interface Selection {
  readonly indices: Int32Array;
  readonly scores: Float32Array;
}

/** The k best of `scores[from .. to]`, as positions in `scores`. O(n + m log k) for m entries into the heap. */
export function selectTop(scores: Float32Array, k: number, from = 0, to = scores.length): Selection {
  const heap = new Int32Array(Math.max(0, Math.min(k, to - from)));
  let size = 0;
  let at = from;
  for (; at < to && size < heap.length; at++) {
    if (scores[at] > -Infinity) siftUp(heap, scores, size++, at);
  }
  while (size > 0 && at < to) {
    // Positions rise, so an equal score here loses to the one already kept.
    at = nextAbove(scores, at, to, scores[heap[0]]);
    if (at < to) siftDown(heap, scores, size, at++);
  }
  return sorted(heap, scores, size);
}

/** The first position of `from .. to` whose score is above `worst`, or `to`. Nearly all time is spent here: keep it bare. */
function nextAbove(scores: Float32Array, from: number, to: number, worst: number): number {
  for (let at = from; at < to; at++) if (scores[at] > worst) return at;
  return to;
}

/** Whether position a stands behind position b in the final order. */
function behind(scores: Float32Array, a: number, b: number): boolean {
  return scores[a] < scores[b] || (scores[a] === scores[b] && a > b);
}

/** Puts `position` at the heap's end and lets it rise while its parent stands before it. */
function siftUp(heap: Int32Array, scores: Float32Array, end: number, position: number): void {
  let at = end;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (!behind(scores, position, heap[parent])) break;
    heap[at] = heap[parent];
    at = parent;
  }
  heap[at] = position;
}

/** Replaces the root by `position` and lets it sink below children that stand behind it. */
function siftDown(heap: Int32Array, scores: Float32Array, size: number, position: number): void {
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= size) break;
    if (child + 1 < size && behind(scores, heap[child + 1], heap[child])) child++;
    if (!behind(scores, heap[child], position)) break;
    heap[at] = heap[child];
    at = child;
  }
  heap[at] = position;
}

/** Empties the heap from its worst to its best, filling the answer from the end. */
function sorted(heap: Int32Array, scores: Float32Array, size: number): Selection {
  const indices = new Int32Array(size);
  for (let left = size; left > 0; left--) {
    indices[left - 1] = heap[0];
    siftDown(heap, scores, left - 1, heap[left - 1]);
  }
  return { indices, scores: Float32Array.from(indices, (index) => scores[index]) };
}
