/** Tunes how a ranker's experts are fused: scores a sample of validation users once, then searches among their candidates. */
import { InterruptedError } from "#base";
import type { Targets } from "#data";
import { askedProfiles, metrics } from "#eval";
import { type Key, Stream } from "#random";
import { type Context, type Fusion, type Pipeline, PoolBuilder, type Priors, tune } from "#recommender";

/** Users asked; more would change the third digit of a weight. */
const MOST_USERS = 6000;
/** Scores looked at, over all users: some ten seconds' work an expert. */
const MOST_SCORES = 7e7;
const AT_ONCE = 64;
const CUTOFF = 10;

/** The fusion of the best NDCG@10; undefined where there is nothing to fuse. */
export async function tuneFusion(
  { ranker, catalogue, key }: Pipeline,
  priors: Priors,
  targets: Targets,
  maskHistory: boolean,
  { signal, emit }: Context,
): Promise<Fusion | undefined> {
  const { experts } = ranker;
  if (experts === undefined || Object.keys(experts).length < 2) return undefined;
  const columns = catalogue.size + 1;
  const users = sample(targets.count, Math.min(MOST_USERS, Math.ceil(MOST_SCORES / columns)), key.fold("fusion users"));
  const pool = new PoolBuilder(experts, priors);
  for (let from = 0; from < users.length; from += AT_ONCE) {
    if (signal?.aborted) throw new InterruptedError();
    const some = users.subarray(from, from + AT_ONCE);
    const profiles = askedProfiles(ranker, targets, some);
    const scores = await ranker.score(await ranker.encode(profiles, key));
    some.forEach((k, row) => {
      const own = Object.entries(scores).map(([name, all]): [string, Float32Array] => [
        name,
        all.subarray(row * columns, (row + 1) * columns),
      ]);
      pool.add(Object.fromEntries(own), maskHistory ? profiles[row].history : [], targets.targets[k]);
    });
    emit({ type: "progress", what: "fusion", done: Math.min(from + AT_ONCE, users.length), of: users.length });
  }
  return tune(pool.build(), meanNdcg).fusion;
}

function meanNdcg(ranks: Float64Array): number {
  return ranks.reduce((sum, rank) => sum + metrics.ndcg.of(rank, CUTOFF), 0) / ranks.length;
}

/** `some` of 0..count − 1 in rising order, drawn without replacement. */
function sample(count: number, some: number, key: Key): Int32Array {
  const all = Int32Array.from({ length: count }, (_, at) => at);
  if (some >= count) return all;
  const stream = new Stream(key);
  for (let at = 0; at < some; at++) {
    const other = at + stream.below(count - at);
    [all[at], all[other]] = [all[other], all[at]];
  }
  return all.subarray(0, some).sort();
}
