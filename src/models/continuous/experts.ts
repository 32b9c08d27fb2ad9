/**
 * Who speaks beside the generator: what stands near the history's items in training and by text, each over its last items
 * (fast) or over much of it (slow). The re-ranker hears all, and learns whom to believe; without it those of FUSED speak.
 *   transitions  within 20 positions, weighed 1/√distance, backwards at 0.3; forward, backward: in one direction only
 *   together     taken by the same users in whatever order (retrieval/neighbours/itemknn.ts)
 *   tfidf, pairs, sentences   items whose texts share rare words or pairs of words, or mean alike
 *   hops         near in training to what reads alike, or the other way round (retrieval/neighbours/two-hop.ts)
 * Settings are those that were best on validation (docs/log.md).
 */
import type { Catalogue } from "#data";
import type { Computed, Earlier } from "#recommender";
import {
  countInteractions,
  interactionMatrix,
  itemKnnKernel,
  sparseFromArrays,
  sparseToArrays,
  transitionKernel,
  twoHopKernel,
} from "#retrieval";
import { SparseMatrix } from "#tensor";
import type { NeighbourExpert } from "../experts/neighbours.ts";
import { sentenceStage } from "../experts/sentences.ts";
import { tfIdfStage } from "../experts/tf-idf.ts";
import type { DeftRecConfig } from "./config.ts";
import { hasText } from "./vectors.ts";

const WINDOW = { window: 20, lastItems: 200, beta: 0.3, distance: "1/sqrt(d)" } as const;
/** How much a transition read backwards counts, by kernel. */
const BACKWARDS = { transitions: 0.3, forward: 0, backward: 1 } as const;
const COOCCURRENCE = { neighbours: 200, shrinkage: 20, inverseUserFrequency: true } as const;
const TWO_HOPS = 300;

const FAST = 20;
const SLOW = 50;

/** Expert → the kernel it reads, the weight of an item relative to the one after it, and how far back it looks. */
const EXPERTS = {
  transitions: { kernel: "transitions", decay: 0.6, queryLength: FAST },
  tfidf: { kernel: "tfidf", decay: 0.7, queryLength: FAST },
  sentences: { kernel: "sentences", decay: 0.7, queryLength: FAST },
  together: { kernel: "together", decay: 0.7, queryLength: SLOW },
  transitionsSlow: { kernel: "transitions", decay: 0.95, queryLength: SLOW },
  togetherSlow: { kernel: "together", decay: 0.95, queryLength: SLOW },
  tfidfSlow: { kernel: "tfidf", decay: 0.95, queryLength: SLOW },
  pairs: { kernel: "pairs", decay: 0.7, queryLength: FAST },
  hops: { kernel: "hops", decay: 0.7, queryLength: FAST },
  forward: { kernel: "forward", decay: 0.6, queryLength: FAST },
  backward: { kernel: "backward", decay: 0.6, queryLength: FAST },
} as const;

type Expert = keyof typeof EXPERTS;

/** Those that a static fusion hears. */
const FUSED: readonly Expert[] = ["transitions", "tfidf", "sentences", "together", "togetherSlow"];
/** Those of which the re-ranker reads log and root only: what they say of the newest item, another of their kernel says. */
export const BRIEF: readonly Expert[] = [
  "transitionsSlow",
  "togetherSlow",
  "tfidfSlow",
  "pairs",
  "hops",
  "forward",
  "backward",
];

/** The kernels, as stages. */
export function expertStages(options: DeftRecConfig): Computed[] {
  const needed = new Set(expertsOf(options).map((name): string => EXPERTS[name].kernel));
  return [...textStages(options), ...countedStages].filter(({ name }) => needed.has(name));
}

/** The experts that these stages left. */
export function savedExperts(
  options: DeftRecConfig,
  catalogue: Catalogue,
  earlier: Earlier,
): Record<string, NeighbourExpert> {
  const read = new Map<string, SparseMatrix>();
  for (const { name } of expertStages(options)) {
    read.set(name, sparseFromArrays(earlier[name]?.arrays, catalogue.size + 1, name));
  }
  return Object.fromEntries(
    expertsOf(options).flatMap((name) => {
      const { kernel, ...how } = EXPERTS[name];
      const matrix = read.get(kernel);
      return matrix === undefined ? [] : [[name, { kernel: matrix, ...how }]];
    }),
  );
}

/** Who speaks under these options. */
function expertsOf({ rerank, text, textEncoder }: DeftRecConfig): Expert[] {
  const silent = new Set<string>(text ? [] : ["tfidf", "tfidfSlow", "pairs", "hops"]);
  if (!text || textEncoder === "") silent.add("sentences");
  const all = Object.keys(EXPERTS) as Expert[]; // as: keys of that object
  return all.filter((name) => !silent.has(name) && (rerank || FUSED.includes(name)));
}

function textStages({ text, textEncoder }: DeftRecConfig): Computed[] {
  if (!text) return [];
  const stages = [
    tfIdfStage("deftrec", "text", "leading"),
    { ...tfIdfStage("deftrec", "text", "pairs"), name: "pairs" },
    ...(textEncoder === "" ? [] : [sentenceStage("deftrec", "textEncoder", textEncoder)]),
  ];
  return stages.map(silentWithoutText);
}

/** Where nothing can be read about the items, an expert that has nothing to say. */
function silentWithoutText(stage: Computed): Computed {
  return {
    ...stage,
    catalogueOnly: true,
    compute: async (data, earlier, key, context) => {
      if (hasText(data.catalogue)) return stage.compute(data, earlier, key, context);
      const rows = data.catalogue.size + 1;
      return {
        arrays: sparseToArrays(
          new SparseMatrix(rows, rows, new Int32Array(rows + 1), new Int32Array(0), new Float32Array(0)),
        ),
      };
    },
  };
}

/** Kernels that are counted in histories. */
const countedStages: readonly Computed[] = [
  transitionStage("transitions"),
  {
    kind: "computed",
    name: "together",
    compute: async ({ histories, catalogue }) => {
      const interactions = interactionMatrix(histories, catalogue.size, { lastItems: WINDOW.lastItems });
      return { arrays: sparseToArrays(itemKnnKernel(interactions, COOCCURRENCE)) };
    },
  },
  {
    kind: "computed",
    name: "hops",
    compute: async ({ catalogue }, earlier) => {
      const rows = catalogue.size + 1;
      const near = sparseFromArrays(earlier.transitions?.arrays, rows, "transitions");
      const alike = squared(sparseFromArrays(earlier.tfidf?.arrays, rows, "tfidf"));
      return { arrays: sparseToArrays(twoHopKernel(near, alike, TWO_HOPS)) };
    },
  },
  transitionStage("forward"),
  transitionStage("backward"),
];

function transitionStage(name: keyof typeof BACKWARDS): Computed {
  return {
    kind: "computed",
    name,
    compute: async ({ histories, catalogue }) => {
      const popularity = countInteractions(histories, catalogue.size);
      if (name !== "backward") {
        const kernel = transitionKernel(histories, popularity, { ...WINDOW, back: BACKWARDS[name] });
        return { arrays: sparseToArrays(kernel) };
      }
      return { arrays: sparseToArrays(transitionKernel(histories.reversed(), popularity, { ...WINDOW, back: 0 })) };
    },
  };
}

function squared({ rows, columnCount, starts, columns, values }: SparseMatrix): SparseMatrix {
  return new SparseMatrix(
    rows,
    columnCount,
    starts,
    columns,
    values.map((value) => value ** 2),
  );
}
