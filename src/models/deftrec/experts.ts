/**
 * Who speaks beside the generator: what stands near the history's last items in training and by text.
 *   transitions  within 20 positions, weighed 1/√distance, backwards at 0.3        fused and re-ranked
 *   tfidf, sentences   items whose texts share rare words, or mean alike            fused and re-ranked
 *   forward, backward  transitions in one direction only                            for the re-ranker alone
 * Settings are those that were best on validation (docs/log.md).
 */
import type { Catalogue } from "#data";
import type { Computed, Earlier } from "#recommender";
import { countInteractions, sparseFromArrays, sparseToArrays, transitionKernel } from "#retrieval";
import { SparseMatrix } from "#tensor";
import type { NeighbourExpert } from "../experts/neighbours.ts";
import { sentenceStage } from "../experts/sentences.ts";
import { tfIdfStage } from "../experts/tf-idf.ts";
import type { DeftRecConfig } from "./config.ts";
import { hasText } from "./vectors.ts";

const WINDOW = { window: 20, lastItems: 200, beta: 0.3, distance: "1/sqrt(d)" } as const;
/** How much a transition read backwards counts, by kernel. */
const BACKWARDS = { transitions: 0.3, forward: 0, backward: 1 } as const;
const DECAY = { transitions: 0.6, forward: 0.6, backward: 0.6, tfidf: 0.7, sentences: 0.7 } as const;
/** Last items of a history that are looked up. */
export const QUERY_LENGTH = 20;

/** Weights of the mix out of which the re-ranker takes its candidates; what is absent leaves its part to the others. */
export const PRELIMINARY = { generator: 0.4, transitions: 0.25, tfidf: 0.25, sentences: 0.1 } as const;

type Transition = keyof typeof BACKWARDS;

export function expertStages(options: DeftRecConfig): Computed[] {
  const transitions: Transition[] = options.rerank ? ["transitions", "forward", "backward"] : ["transitions"];
  return [...transitions.map(transitionStage), ...textStages(options)];
}

/** The experts that these stages left. */
export function savedExperts(
  options: DeftRecConfig,
  catalogue: Catalogue,
  earlier: Earlier,
): Record<string, NeighbourExpert> {
  return Object.fromEntries(
    expertStages(options).map(({ name }) => {
      const kernel = sparseFromArrays(earlier[name]?.arrays, catalogue.size + 1, name);
      return [name, { kernel, decay: DECAY[name as keyof typeof DECAY] }]; // as: the stages are named so above
    }),
  );
}

function textStages({ text, textEncoder }: DeftRecConfig): Computed[] {
  if (!text) return [];
  const stages = [tfIdfStage("deftrec", "text", "leading")];
  if (textEncoder !== "") stages.push(sentenceStage("deftrec", "textEncoder", textEncoder));
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

function transitionStage(name: Transition): Computed {
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
