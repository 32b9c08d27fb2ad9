/**
 * What order is worth to a trained run: its test figures with histories as they are, and with each history shuffled.
 * `npm run build && npx tsc -p bench/tsconfig.json && node bench/.build/order.js RUN` (a run on a dataset with the best
 * reachable figure also shows its share of it). No twin: the claim is about a model, not about speed.
 */
import type { Targets } from "#data";
import { evaluate } from "#eval";
import { load } from "#experiment";
import { Key, shuffled } from "#random";

const METRIC = "NDCG@10";

const run = process.argv[2];
if (run === undefined) throw new Error("which run? node bench/.build/order.js RUN");
const model = await load(run);
const { split, dataset } = model.material;

async function measured(targets: Targets): Promise<number> {
  const { metrics } = await evaluate({ ...model.pipeline, targets, train: split.train, topK: [10], maskHistory: true });
  return metrics[METRIC];
}

const key = Key.of(1).fold("order");
const disordered: Targets = {
  ...split.test,
  historyOf: (k) => {
    const history = split.test.historyOf(k);
    return shuffled(key.fold(k), history.length).map((place) => history[place]);
  },
};

const ordered = await measured(split.test);
const mixed = await measured(disordered);
const reachable = dataset.manifest.bestReachable?.test.masked[METRIC];
console.log(
  JSON.stringify({
    run,
    model: model.manifest.model,
    metric: METRIC,
    split: "test",
    ordered,
    shuffled: mixed,
    lost: 1 - mixed / ordered,
    shareOfBestReachable: reachable === undefined ? null : ordered / reachable,
  }),
);
await model[Symbol.asyncDispose]();
