/**
 * LightGCN inside DeftRec: three stages that learn vectors of users and items from training interactions alone.
 *   lightgcn-graph   who took what       lightgcn-nodes   the trained table E_0
 *   lightgcn         items [N + 1, D] propagated, parts [N + 1, D] that users are summed up from, and the mean and deviation
 *                    that `standardised` divides by (encoders/item-space.ts)
 * Source: LightGCN (arXiv 2002.02126); DeftRec (arXiv 2504.12007), whose tokens and generated vectors live among its vectors.
 * Differs: the authors export the table of layer 0, fitted with the validation item among its interactions, unscaled.
 */
import type { Catalogue } from "#data";
import { lightGcnSpace, lightGcnStages, scoring, spaceFromArrays } from "#encoders";
import { type Computed, type Context, type Earlier, type Learned, type Ranker, vectorRanker } from "#recommender";
import type { DeftRecConfig } from "./config.ts";

/** The stages' names; the last one's artifact is what everyone reads. */
const NAMES = { graph: "lightgcn-graph", nodes: "lightgcn-nodes", space: "lightgcn" } as const;

/** The options that were best on validation for LightGCN alone (docs/log.md). */
const OPTIONS = {
  layers: 3,
  loss: "sampled-softmax",
  negatives: 512,
  temperature: 0.15,
  l2: 1e-4,
  decay: 0.7,
  batchSize: 4096,
  learningRate: 0.01,
  epochs: 30,
  validateEvery: 2,
  patience: 3,
} as const;

/** The stages, in order; each is validated as a model of its own. */
export function collaborativeStages({ dim }: Pick<DeftRecConfig, "dim">): (Computed | Learned)[] {
  const options = { ...OPTIONS, dim };
  const [graph, nodes, space] = lightGcnStages(options, NAMES);
  const trained: Learned<ReturnType<typeof nodes.init>, Batch> = {
    ...nodes,
    open: async (earlier, catalogue, context) =>
      rankerOf(lightGcnSpace(earlier, catalogue.size, options, NAMES), context),
  };
  return [graph, trained, space];
}

type Batch = ReturnType<ReturnType<typeof lightGcnStages>[1]["epoch"]> extends Iterable<infer B> ? B : never;

/** The space that the stages left. */
export function collaborativeSpace(earlier: Earlier, catalogueSize: number) {
  return spaceFromArrays(earlier[NAMES.space]?.arrays, catalogueSize, "deftrec");
}

/** LightGCN as the stages left it: a history is summed up from its items, whoever's it is. */
export async function collaborativeRanker(
  earlier: Earlier,
  catalogue: Catalogue,
  context: Context,
): Promise<Ranker<Float32Array>> {
  return rankerOf(collaborativeSpace(earlier, catalogue.size), context);
}

/** The same as an expert beside others. */
export async function collaborativeExpert(
  earlier: Earlier,
  catalogue: Catalogue,
  context: Context,
): Promise<Ranker<Float32Array>> {
  return { ...(await collaborativeRanker(earlier, catalogue, context)), experts: { [NAMES.space]: "logits" } };
}

function rankerOf(space: ReturnType<typeof lightGcnSpace>, { runtime }: Context): Ranker<Float32Array> {
  const { items, vectorOf, export: exported } = scoring(space, OPTIONS);
  return vectorRanker({
    name: NAMES.space,
    items,
    vectorOf: ({ history }) => vectorOf(history),
    export: exported,
    runtime,
  });
}
