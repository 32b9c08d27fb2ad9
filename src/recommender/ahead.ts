/** Work that is begun before its turn: results come in order, and so many are under way at a time. */

/**
 * What `make` makes of each input, in their order; the next is begun when a result is taken.
 * @example
 * for await (const scores of ahead(batches, 2, score)) enter(scores);
 */
export async function* ahead<I, O>(
  inputs: Iterable<I>,
  atATime: number,
  make: (input: I) => Promise<O>,
): AsyncGenerator<O, void, undefined> {
  const begun: Promise<O>[] = [];
  for (const input of inputs) {
    const result = make(input);
    result.catch(() => {}); // told when its turn comes; who stops earlier does not want to know
    begun.push(result);
    if (begun.length < atATime) continue;
    const [first] = begun.splice(0, 1);
    yield await first;
  }
  for (const result of begun) yield await result;
}
