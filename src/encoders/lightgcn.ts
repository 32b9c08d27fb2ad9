/**
 * LightGCN: vectors of users and items, smoothed over the graph of who took what.
 *   E_{l+1} = Â E_l,  E = (E_0 + … + E_L) / (L + 1),  s_ui = ⟨E_u, E_i⟩; only E_0 is trained
 *   loss = objective + λ/2 Σ_batch |e_0|² / B
 * Source: arXiv 2002.02126; authors' code gusye1234/LightGCN-PyTorch (E_0 ~ N(0, .1²)).
 * What leaves are the propagated item vectors. (Systems that read the trained table E_0 lose most of the quality, see
 * docs/log.md.) At work a user is the history alone: E_u without E_0u is Σ_i (E_0 + … + E_{L-1})_i / √(d_u d_i) / (L + 1),
 * so what an item hands to its users is kept as a row F_i = (E_0 + … + E_{L-1})_i / √d_i / (L + 1).
 * Differs: sampled softmax beside BPR, which needs far fewer of the propagations that a step costs.
 */
import type { Catalogue, Histories } from "#data";
import { normal, type Weights } from "#nn";
import { adam } from "#optim";
import type { Key } from "#random";
import { savedFloat32, sparseFromArrays, sparseToArrays } from "#retrieval";
import { type Arrays, concat, SparseMatrix, type Tensor } from "#tensor";
import { interactionGraph } from "./interaction-graph.ts";
import { averageRow, type ItemSpace, moments, spaceToArrays } from "./item-space.ts";
import { type PairExamples, type PairOptions, pairExamples, pairObjective, pairSteps } from "./pair-objective.ts";

export interface LightGcnOptions extends PairOptions {
  readonly dim: number;
  readonly layers: number;
  /** Weight λ of the squared layer-0 vectors of a batch. */
  readonly l2: number;
  readonly learningRate: number;
  readonly epochs: number;
  readonly validateEvery: number;
  readonly patience: number;
}

interface Interactions {
  readonly histories: Histories;
  readonly catalogue: Catalogue;
}
type Before = Readonly<Record<string, { readonly arrays: Arrays }>>;
type Examples = { readonly [K in keyof PairExamples]: Tensor };

/** What the stages are called where they stand beside others. */
export interface LightGcnNames {
  readonly graph: string;
  readonly nodes: string;
  readonly space: string;
}

const NAMES: LightGcnNames = { graph: "graph", nodes: "nodes", space: "space" };

/** Three stages: the graph of training interactions, the trained table E_0, and the space of propagated vectors. */
export function lightGcnStages(options: LightGcnOptions, names: LightGcnNames = NAMES) {
  const { epochs, patience, validateEvery, learningRate } = options;
  return [
    {
      kind: "computed",
      name: names.graph,
      compute: async ({ histories, catalogue }: Interactions) => ({
        arrays: sparseToArrays(interactionGraph(histories, catalogue.size)),
      }),
    },
    {
      kind: "learned",
      name: names.nodes,
      epochs,
      patience,
      validateEvery,
      stop: "ranking",
      init: (weights: Weights, { histories, catalogue }: Interactions, earlier: Before) =>
        new LightGcnNetwork(
          weights,
          options,
          graphOf(earlier[names.graph], histories.users + catalogue.size + 1),
          catalogue.size,
        ),
      steps: ({ histories }: Interactions) => pairSteps(histories, options),
      epoch: ({ histories, catalogue }: Interactions, _: Before, key: Key) =>
        pairExamples(histories, catalogue.size, options, key),
      loss: (network: LightGcnNetwork, batch: Examples) => network.loss(batch),
      optimizer: () => adam({ rate: learningRate }),
    },
    {
      kind: "computed",
      name: names.space,
      compute: async ({ catalogue }: Interactions, earlier: Before) => ({
        arrays: spaceToArrays(lightGcnSpace(earlier, catalogue.size, options, names)),
      }),
    },
  ] as const;
}

/** The trained table and what a step makes of it. */
export class LightGcnNetwork {
  readonly #nodes: Tensor; // [U + N + 1, D], users first

  constructor(
    weights: Weights,
    private readonly options: LightGcnOptions,
    private readonly graph: SparseMatrix,
    private readonly catalogueSize: number,
  ) {
    this.#nodes = weights.tensor("nodes.weight", [graph.rows, options.dim], normal(0.1));
  }

  loss(batch: Examples): { total: Tensor } & Record<string, Tensor> {
    const { layers, l2 } = this.options;
    const firstItem = this.graph.rows - this.catalogueSize - 1;
    const nodes = concat([batch.users, batch.items.add(firstItem), batch.negatives.add(firstItem)], 0);
    const pairs = Number(batch.users.shape[0]);
    const vectors = this.#nodes.propagatedRows(this.graph, layers, nodes);
    const ranking = pairObjective(
      {
        users: vectors.slice(0, 0, pairs),
        items: vectors.slice(0, pairs, 2 * pairs),
        negatives: vectors.slice(0, 2 * pairs),
      },
      batch,
      this.options,
      this.catalogueSize,
    );
    if (l2 === 0) return { total: ranking };
    const start = this.#nodes.gather(nodes);
    const size = start
      .mul(start)
      .sum()
      .mul(l2 / 2 / pairs);
    return { total: ranking.add(size), ranking, size };
  }
}

/** The propagated space of a trained (or half-trained) table. */
export function lightGcnSpace(
  earlier: Before,
  catalogueSize: number,
  { dim, layers }: Pick<LightGcnOptions, "dim" | "layers">,
  names: LightGcnNames = NAMES,
): ItemSpace {
  const table = savedFloat32(earlier[names.nodes]?.arrays, "nodes.weight", "lightgcn");
  const graph = graphOf(earlier[names.graph], table.length / dim);
  const users = graph.rows - catalogueSize - 1;
  const handed = new Float32Array(table.length); // E_0 + … + E_{L-1}
  let layer = table;
  for (let at = 0; at < layers; at++) {
    add(handed, layer);
    layer = graph.times(layer, dim);
  }
  const mean = handed.slice();
  add(mean, layer);
  for (let at = 0; at < mean.length; at++) mean[at] /= layers + 1;
  const counts = Int32Array.from({ length: catalogueSize + 1 }, (_, item) => degree(graph, users + item));
  const items = mean.slice(users * dim);
  const parts = (layers === 0 ? mean : handed).slice(users * dim);
  counts.forEach((count, item) => {
    const row = parts.subarray(item * dim, (item + 1) * dim);
    const factor = count === 0 ? 0 : 1 / Math.sqrt(count) / (layers + 1);
    for (let d = 0; d < dim; d++) row[d] *= factor;
    if (count === 0) items.fill(0, item * dim, (item + 1) * dim);
  });
  return { dim, items, parts, average: averageRow(mean, users, dim), ...moments(items, dim, counts) };
}

const graphs = new WeakMap<Arrays, SparseMatrix>();

/** The graph out of its artifact; made once, because every validation asks for it. */
function graphOf(saved: Before[string] | undefined, nodes: number): SparseMatrix {
  const arrays = saved?.arrays;
  let graph = arrays && graphs.get(arrays);
  if (graph === undefined) {
    const { starts, columns, values } = sparseFromArrays(arrays, nodes, "lightgcn");
    graph = new SparseMatrix(nodes, nodes, starts, columns, values, true);
    graphs.set(arrays as Arrays, graph); // sparseFromArrays refuses what is undefined
  }
  return graph;
}

function degree(graph: SparseMatrix, node: number): number {
  return graph.starts[node + 1] - graph.starts[node];
}

function add(sum: Float32Array, more: Float32Array): void {
  for (let at = 0; at < sum.length; at++) sum[at] += more[at];
}
