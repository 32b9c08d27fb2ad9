/**
 * Intra-list diversity: how little the items of a list have in common, the mean over users of
 *   ILD@k = 1 − mean over pairs i < j of the first k of cos(v_i, v_j),   v_i [training users]: 1 where the user took item i
 * Source: Ziegler et al., WWW 2005 (intra-list similarity); Castells et al., Recommender Systems Handbook, ch. 26. Items are
 * told apart by who took them in training, not by a model (which would judge itself) nor by category: Beauty has none, and in
 * LastFM it is the title again. An item nobody took in training has nothing in common with any other. A list of one item has no pairs and
 * is not counted.
 * Speed: with u_i = v_i / ‖v_i‖ and S = Σ u of the items so far, the next item adds S · u_i to the sum over pairs. That visits
 * each listed item's users once, instead of every pair's, and every cutoff is a prefix.
 */
import type { Histories } from "#data";
import type { ListContext, ListMetric } from "../metric.ts";

/** Visits to an item's users that all lists together may cost; beyond that, lists are sampled. */
const MOST_VISITS = 1e7;

/** Lists that are measured at least, whatever they cost. */
const FEWEST_LISTS = 2000;

/** 1 where listed items share no users; 0 where the same users took all of them. */
export const intraListDiversity: ListMetric = {
  kind: "lists",
  name: "ILD",
  atCutoffs: true,
  tally: (context) => {
    const { train, catalogue, cutoffs, longest } = context;
    const takers = takersOf(train, catalogue.size);
    const likeness = prefixLikeness(takers, train.users, longest);
    const sums = cutoffs.map(() => 0);
    const counts = cutoffs.map(() => 0);
    const stride = strideOf(context);
    let seen = 0;
    return {
      see: (list) => {
        if (seen++ % stride !== 0) return;
        const alike = likeness(list);
        cutoffs.forEach((cutoff, at) => {
          const length = Math.min(cutoff, list.length);
          if (length < 2) return;
          sums[at] += 1 - alike[length - 1] / ((length * (length - 1)) / 2);
          counts[at]++;
        });
      },
      value: (cutoff) => {
        const at = cutoffs.indexOf(cutoff);
        return counts[at] > 0 ? sums[at] / counts[at] : undefined;
      },
    };
  },
};

/** Who took which item: item i's users are users[starts[i] .. starts[i + 1]], each once. */
interface Takers {
  readonly starts: Float64Array; // [N + 2]
  readonly users: Int32Array;
}

function takersOf(train: Histories, items: number): Takers {
  const starts = new Float64Array(items + 2);
  eachOnce(train, items, (item) => starts[item + 1]++);
  for (let item = 1; item < starts.length; item++) starts[item] += starts[item - 1];
  const users = new Int32Array(starts[items + 1]);
  const next = starts.slice();
  eachOnce(train, items, (item, user) => {
    users[next[item]++] = user;
  });
  return { starts, users };
}

/** Every pair of a user and an item they took, once however often they took it. */
function eachOnce(train: Histories, items: number, visit: (item: number, user: number) => void): void {
  const lastUser = new Int32Array(items + 1).fill(-1);
  for (let user = 0; user < train.users; user++) {
    for (const item of train.of(user)) {
      if (lastUser[item] === user) continue;
      lastUser[item] = user;
      visit(item, user);
    }
  }
}

/** Of a list the sums of cosines over the pairs of its first 1, 2, … items. The answer is overwritten by the next call. */
function prefixLikeness({ starts, users }: Takers, userCount: number, longest: number) {
  const sum = new Float64Array(userCount); // S, zero between calls
  const alike = new Float64Array(longest);
  return (list: Int32Array): Float64Array => {
    const length = Math.min(longest, list.length);
    let total = 0;
    for (let place = 0; place < length; place++) {
      const from = starts[list[place]];
      const to = starts[list[place] + 1];
      const weight = to > from ? 1 / Math.sqrt(to - from) : 0;
      let inner = 0;
      for (let at = from; at < to; at++) {
        const user = users[at];
        inner += sum[user];
        sum[user] += weight;
      }
      total += inner * weight;
      alike[place] = total;
    }
    for (let place = 0; place < length; place++) {
      const to = starts[list[place] + 1];
      for (let at = starts[list[place]]; at < to; at++) sum[users[at]] = 0;
    }
    return alike;
  };
}

/**
 * Every how many-th list is measured: all of them, unless that would cost more than MOST_VISITS, listed items being as
 * popular as interactions say (Σ pop² / Σ pop). It follows from the data alone: every model is measured on the same users.
 */
function strideOf({ popularity, lists, longest }: ListContext): number {
  const interactions = popularity.reduce((sum, taken) => sum + taken, 0);
  const squares = popularity.reduce((sum, taken) => sum + taken * taken, 0);
  const visits = (lists * longest * squares) / Math.max(1, interactions);
  return Math.max(1, Math.min(Math.ceil(visits / MOST_VISITS), Math.floor(lists / FEWEST_LISTS)));
}
