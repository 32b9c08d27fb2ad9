/**
 * Any recommender, followed by a small net that orders its best candidates anew. The net learns on the last items of each
 * training history, from a base that was fitted without them; the base is then fitted again on all it may see.
 *   inner bases (the last items of a fold's histories withheld from each) → lists and features → nets → outer base
 * Ranks by the nets, then by the mix. With one fold an inner base has seen less of everyone than the outer one will have,
 * which on short histories is much of what there is; with more folds, of fewer. Of two items withheld the newer is asked for
 * after one that the base has not seen, as in a test.
 * Source: our own measurements (docs/log.md); stacking in the manner of Wolpert (1992).
 */

import { type Catalogue, inFold } from "#data";
import { Weights } from "#nn";
import { adam, chain, freeze } from "#optim";
import type { Key } from "#random";
import { compile, float32 } from "#tensor";
import type {
  Computed,
  Context,
  Contribution,
  Earlier,
  Learned,
  Profile,
  Ranker,
  Recommender,
  TrainView,
} from "../contract.ts";
import type { ExpertKind } from "../fusion/share.ts";
import { type CandidateOptions, type Candidates, MOST_REPEATS } from "./candidates.ts";
import { contributionsOf } from "./contributions.ts";
import {
  type Asked,
  askedAtOnce,
  candidatesFor,
  type Examples,
  examplesOf,
  type List,
  type ListBatch,
  listBatches,
  listsOf,
  packed,
  readTwice,
} from "./examples.ts";
import { featureColumns, featureNames } from "./features.ts";
import { likeliestMix, MIXTURE, mixedUsers, savedMixture, type TargetShares, targetShares } from "./mixture.ts";
import { FIXED, ListwiseNets } from "./network.ts";
import { savedStatistics, statisticsStage } from "./statistics.ts";
import { type InnerFit, innerFits, innerOf, sharedNames, withholding } from "./withheld.ts";

export interface RerankOptions {
  /** Items that are ordered anew, beside the history's own. */
  readonly candidates: number;
  readonly nets: number;
  readonly hidden: number;
  readonly epochs: number;
  /** Experts of which only log and root of the whole history are features. */
  readonly brief?: readonly string[];
  /** How many histories of two items and more it takes: with fewer the base's experts are fused. */
  readonly leastLists?: number;
  /** How many fits of the base the lists come from. */
  readonly folds: number;
  /** How many of a history's last items are asked for. */
  readonly targets: number;
}

const NAME = "reranker";
const LISTS_A_STEP = 128;
const RATE = 3e-3;
const DECAY = 0.01;

/** `base`, re-ranked. */
export function reranked(base: Recommender, options: RerankOptions): Recommender {
  const all: readonly (Computed | Learned)[] = [...base.stages, statisticsStage];
  const names = sharedNames(all);
  const shared = all.filter(({ name }) => names.has(name)); // first: the inner fit reads them, too
  const rest = all.filter(({ name }) => !names.has(name));
  const skip = tooFewLists(options.leastLists ?? 1);
  const fits = innerFits(options.folds, options.targets);
  const inner: Inner = { base, stages: all, fits };
  const own = [...fits.flatMap((fit) => withholding(all, fit)), mixtureStage(inner), netStage(inner, options)];
  return {
    stages: [...shared, ...own.map((stage) => ({ ...stage, skip })), ...rest],
    open: async (earlier, catalogue, context) => {
      const ranker = await base.open(earlier, catalogue, context);
      if (earlier[NAME] === undefined) return ranker;
      const asked = await candidateOptions(ranker, earlier, earlier, catalogue, options);
      return new Reranker(ranker, asked, earlier, options, context);
    },
  };
}

/** Whether a log has too little to learn an order from, and what that means. */
function tooFewLists(least: number) {
  return ({ histories }: TrainView): string | undefined => {
    let lists = 0;
    for (let user = 0; user < histories.users; user++) lists += Number(histories.lengthOf(user) >= 2);
    if (lists >= least) return undefined;
    return `The re-ranker is left out, and the experts are fused: it learns from histories of two training items, of which it takes ${least} and finds ${lists}.`;
  };
}

/** The base, what it is trained by, and the fits of it that later stages learn from. */
interface Inner {
  readonly base: Recommender;
  readonly stages: readonly (Computed | Learned)[];
  readonly fits: readonly InnerFit[];
}

/** The mix that candidates come from, by what bases say that have not seen each history's last item. */
function mixtureStage({ base, stages, fits }: Inner): Computed {
  return {
    kind: "computed",
    name: MIXTURE,
    compute: async ({ histories, catalogue }, earlier, key, context) => {
      const users = mixedUsers(histories, key);
      const shares: TargetShares[] = [];
      let experts = 0;
      for (const fit of fits) {
        const inner = innerOf(stages, earlier, fit);
        await using ranker = await base.open(inner, catalogue, context);
        const statistics = savedStatistics(inner[statisticsStage.name], catalogue.size);
        const asked = users.filter((user) => inFold(user, fit.fold)).map((user) => histories.of(user));
        shares.push(await targetShares(ranker, kindsOf(ranker), asked, statistics, key, context));
        experts = Object.keys(kindsOf(ranker)).length;
      }
      return likeliestMix(shares, experts);
    },
  };
}

function netStage({ base, stages, fits }: Inner, options: RerankOptions): Learned<ListwiseNets, ListBatch, Examples> {
  return {
    kind: "learned",
    name: NAME,
    epochs: options.epochs,
    patience: 1,
    validateEvery: 1,
    stop: "never",
    prepare: async ({ histories, catalogue }, earlier, key, context) => {
      const lists: (readonly List[])[] = [];
      let columns = 0;
      for (const fit of fits) {
        const inner = innerOf(stages, earlier, fit);
        await using ranker = await base.open(inner, catalogue, context);
        const asked = await candidateOptions(ranker, inner, earlier, catalogue, options);
        lists.push(await listsOf(ranker, histories, fit, asked, key, context));
        columns = featureNames(asked).length;
      }
      return examplesOf(lists.flat(), Math.min(options.candidates, catalogue.size), columns);
    },
    init: (weights, _data, _earlier, examples) => {
      const { measured } = given(examples);
      return new ListwiseNets(weights, measured.mean.length, options, measured);
    },
    steps: (_data, examples) => Math.ceil(given(examples).lists.length / LISTS_A_STEP),
    epoch: (_data, _earlier, key, examples) => listBatches(given(examples), LISTS_A_STEP, key),
    loss: (nets, { features, mask, kind, targets }) => ({ total: nets.loss(features, mask, kind, targets) }),
    optimizer: (totalSteps) =>
      chain(
        freeze((address) => address.startsWith(`${FIXED}.`)),
        adam({ rate: (step) => RATE * (1 - step / totalSteps) + 1e-5, weightDecay: DECAY }),
      ),
  };
}

function given(examples: Examples | undefined): Examples {
  if (examples === undefined) throw new Error("internal: the re-ranker was not prepared");
  return examples;
}

function kindsOf({ experts }: Ranker): Readonly<Record<string, ExpertKind>> {
  if (experts === undefined) throw new Error("internal: a base of a re-ranker says what its experts are");
  return experts;
}

/** `fitted`: what the ranker was opened from; `earlier`: where the mix stands, which is one for both fits. */
async function candidateOptions(
  ranker: Ranker,
  fitted: Earlier,
  earlier: Earlier,
  catalogue: Catalogue,
  { candidates, brief }: RerankOptions,
): Promise<CandidateOptions> {
  const kinds = kindsOf(ranker);
  const statistics = savedStatistics(fitted[statisticsStage.name], catalogue.size);
  return {
    kinds,
    mixture: savedMixture(earlier[MIXTURE], kinds, statistics),
    statistics,
    ...(brief && { brief }),
    ...(ranker.vectors && { vectors: await ranker.vectors() }),
    count: Math.min(candidates, catalogue.size),
  };
}

/** The base and the nets at work. */
class Reranker implements Ranker<Asked> {
  readonly vectors: Ranker["vectors"];
  readonly read: Ranker<Asked>["read"];
  readonly #score;
  readonly #plain;

  constructor(
    readonly base: Ranker,
    private readonly asked: CandidateOptions,
    earlier: Earlier,
    options: RerankOptions,
    { runtime }: Context,
  ) {
    this.vectors = base.vectors?.bind(base);
    if (base.read !== undefined) {
      this.read = async (states) => (await base.read?.(states.map(({ whole }) => whole))) ?? [];
    }
    const weights = Weights.read(earlier[NAME].arrays);
    const nets = new ListwiseNets(weights, this.#width, options);
    this.#score = compile("reranker", ({ features, mask, again }) => ({ scores: nets.scores(features, mask, again) }), {
      runtime,
      parameters: weights.arrays,
      axes: { features: ["B", null, null], mask: ["B", null], again: ["B", null] },
    });
    this.#plain = compile("reranker.plain", ({ features }) => ({ scores: nets.plain(features) }), {
      runtime,
      parameters: weights.arrays,
      axes: { features: ["B", null, null] },
    });
  }

  get #width(): number {
    return featureNames(this.asked).length;
  }

  async encode(profiles: readonly Profile[], key: Key): Promise<readonly Asked[]> {
    return readTwice(
      this.base,
      profiles.map(({ history }) => history),
      key,
    );
  }

  async score(states: readonly Asked[], items?: Int32Array): Promise<{ reranked: Float32Array }> {
    const columns = this.asked.statistics.trend.length;
    const width = items?.length ?? columns;
    const scores = new Float32Array(states.length * width);
    const step = askedAtOnce(this.base, this.asked);
    for (let from = 0; from < states.length; from += step) {
      const some = states.slice(from, from + step);
      const found = await candidatesFor(this.base, some, this.asked);
      const each = this.asked.count + MOST_REPEATS;
      const { scores: ordered } = await this.#score.run(packed(found, each, this.#width));
      found.forEach((candidates, row) => {
        const whole = rowOf(candidates, (ordered.data as Float32Array).subarray(row * each)); // as: of float32 features
        const own = items === undefined ? whole : Float32Array.from(items, (item) => whole[item]);
        scores.set(own, (from + row) * width);
      });
    }
    return { reranked: scores };
  }

  async contributions(state: Asked, items: Int32Array): Promise<readonly (readonly Contribution[])[]> {
    const [found] = await candidatesFor(this.base, [state], this.asked);
    const sources = featureColumns(this.asked).map(({ source }) => source);
    const rows = Array.from(items, (item) => found.items.indexOf(item));
    const weighed = rows.filter((row) => row >= 0);
    const told = await contributionsOf(found.features, sources, weighed, async (features, count) => {
      const { scores } = await this.#plain.run({ features: float32(features, [count, 1, this.#width]) });
      return scores.data as Float32Array; // of float32 features and weights
    });
    return rows.map((row) => (row < 0 ? [] : told[weighed.indexOf(row)]));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#score[Symbol.asyncDispose]();
    await this.#plain[Symbol.asyncDispose]();
    await this.base[Symbol.asyncDispose]();
  }
}

/** Candidates by the nets; below the last of them everything else in the order of the mix. */
function rowOf({ items, mixed }: Candidates, ordered: Float32Array): Float32Array {
  let least = 0;
  for (let at = 0; at < items.length; at++) least = Math.min(least, ordered[at]);
  let most = 1e-9;
  for (const value of mixed) if (value > most) most = value;
  const row = new Float32Array(mixed.length);
  for (let item = 0; item < row.length; item++) row[item] = least - 2 + mixed[item] / most; // from least − 2 to least − 1
  for (let at = 0; at < items.length; at++) row[items[at]] = ordered[at];
  return row;
}
