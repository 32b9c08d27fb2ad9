/** Two rankers that speak side by side: the experts of both, the first one's first; vectors and readings are the first one's. */
import type { Ranker } from "#recommender";

interface Pair<A, B> {
  readonly a: A;
  readonly b: B;
}

/** Rankers whose experts have different names. */
export function together<A, B>(a: Ranker<A>, b: Ranker<B>): Ranker<Pair<A, B>> {
  return {
    experts: { ...a.experts, ...b.experts },
    ...((a.readsAnswer || b.readsAnswer) && { readsAnswer: true }),
    encode: async (profiles, key) => {
      const [left, right] = [await a.encode(profiles, key), await b.encode(profiles, key)];
      return left.map((state, row) => ({ a: state, b: right[row] }));
    },
    score: async (states, items, only) => {
      const left = states.map((state) => state.a);
      const right = states.map((state) => state.b);
      return {
        ...(speaks(a, only) && (await a.score(left, items, only))),
        ...(speaks(b, only) && (await b.score(right, items, only))),
      };
    },
    sparse: {
      names: [...(a.sparse?.names ?? []), ...(b.sparse?.names ?? [])],
      add: (name, state, row) => {
        if (a.sparse?.names.includes(name)) a.sparse.add(name, state.a, row);
        else b.sparse?.add(name, state.b, row);
      },
    },
    ...(a.vectors && { vectors: a.vectors.bind(a) }),
    ...(a.read && { read: async (states) => a.read?.(states.map((state) => state.a)) ?? [] }),
    [Symbol.asyncDispose]: async () => {
      await a[Symbol.asyncDispose]();
      await b[Symbol.asyncDispose]();
    },
  };
}

/** Whether one of its experts is asked. */
function speaks({ experts = {} }: Pick<Ranker, "experts">, only: readonly string[] | undefined): boolean {
  return only === undefined || Object.keys(experts).some((name) => only.includes(name));
}
