/**
 * Matrix factorisation: a vector a user, a vector an item, their inner product is the score.
 *   loss = objective + λ/2 Σ_batch |e|² / B
 * Source: Rendle et al., arXiv 1205.2618 (BPR); Adam instead of plain descent.
 * A step reads and writes the rows of its batch only, so that its cost does not grow with the tables.
 * At work a user is the history alone: the sum of its items' vectors. On LastFM that ranks better than the rows that were
 * trained for its users; solving for the row by least squares is no better for certain (docs/log.md).
 */
import type { Catalogue, Histories } from "#data";
import { normal, type Weights } from "#nn";
import { adam } from "#optim";
import type { Key } from "#random";
import { savedFloat32 } from "#retrieval";
import type { Arrays, Tensor } from "#tensor";
import { averageRow, type ItemSpace, moments, spaceToArrays } from "./item-space.ts";
import { type PairExamples, type PairOptions, pairExamples, pairObjective, pairSteps } from "./pair-objective.ts";

export interface FactorOptions extends PairOptions {
  readonly dim: number;
  /** Weight λ of the squared vectors of a batch. */
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

/** Two stages: the trained tables, and the space of item vectors. */
export function factorStages(options: FactorOptions) {
  const { epochs, patience, validateEvery, learningRate } = options;
  return [
    {
      kind: "learned",
      name: "factors",
      epochs,
      patience,
      validateEvery,
      stop: "ranking",
      init: (weights: Weights, { histories, catalogue }: Interactions) =>
        new FactorNetwork(weights, options, histories.users, catalogue.size),
      steps: ({ histories }: Interactions) => pairSteps(histories, options),
      epoch: ({ histories, catalogue }: Interactions, _: Before, key: Key) =>
        pairExamples(histories, catalogue.size, options, key),
      loss: (network: FactorNetwork, batch: Examples) => network.loss(batch),
      optimizer: () => adam({ rate: learningRate, touchedOnly: () => true }),
    },
    {
      kind: "computed",
      name: "space",
      compute: async ({ catalogue }: Interactions, earlier: Before) => ({
        arrays: spaceToArrays(factorSpace(earlier, catalogue.size, options)),
      }),
    },
  ] as const;
}

/** The trained tables and what a step makes of them. */
export class FactorNetwork {
  readonly #users: Tensor; // [U, D]
  readonly #items: Tensor; // [N + 1, D], row 0 padding

  constructor(
    weights: Weights,
    private readonly options: FactorOptions,
    users: number,
    private readonly catalogueSize: number,
  ) {
    this.#users = weights.tensor("users.weight", [users, options.dim], normal(0.1));
    this.#items = weights.tensor("items.weight", [catalogueSize + 1, options.dim], normal(0.1));
  }

  loss(batch: Examples): { total: Tensor } & Record<string, Tensor> {
    const vectors = {
      users: this.#users.gather(batch.users),
      items: this.#items.gather(batch.items),
      negatives: this.#items.gather(batch.negatives),
    };
    const ranking = pairObjective(vectors, batch, this.options, this.catalogueSize);
    const { l2 } = this.options;
    if (l2 === 0) return { total: ranking };
    const squares = Object.values(vectors).map((x) => x.mul(x).sum());
    const size = squares
      .reduce((a, b) => a.add(b))
      .mul(l2 / 2)
      .div(Number(batch.users.shape[0]));
    return { total: ranking.add(size), ranking, size };
  }
}

/** The space of trained (or half-trained) item vectors; items without training interactions keep what they started with. */
export function factorSpace(earlier: Before, catalogueSize: number, { dim }: FactorOptions): ItemSpace {
  const { arrays } = earlier.factors ?? {};
  const items = savedFloat32(arrays, "items.weight", "bprmf", (catalogueSize + 1) * dim).slice();
  const users = savedFloat32(arrays, "users.weight", "bprmf");
  items.fill(0, 0, dim);
  const everyItem = new Uint8Array(catalogueSize + 1).fill(1, 1);
  return {
    dim,
    items,
    parts: items,
    average: averageRow(users, users.length / dim, dim),
    ...moments(items, dim, everyItem),
  };
}
