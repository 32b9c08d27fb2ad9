/**
 * What a re-ranker knows of an item whoever asks, from the histories it may see:
 *   trend z_i (retrieval/trend.ts) · popularity pop_i · age: log of how much i stands at ends of histories over beginnings
 *   age_i = log((Σ ½^(distance from the end) + 2) / (Σ ½^(distance from the beginning) + 2))
 */
import type { Histories } from "#data";
import { countInteractions, savedFloat32, trendOf } from "#retrieval";
import { float32 } from "#tensor";
import type { Artifact, Computed } from "../contract.ts";

export interface Statistics {
  readonly trend: Float32Array; // [N + 1]
  readonly popularity: Float32Array; // [N + 1]
  /** Above 0: people take it late. */
  readonly age: Float32Array; // [N + 1]
}

export const statisticsStage: Computed = {
  kind: "computed",
  name: "statistics",
  compute: async ({ histories, catalogue }) => {
    const { trend, popularity, age } = statisticsOf(histories, catalogue.size);
    const shape = [catalogue.size + 1];
    return {
      arrays: { trend: float32(trend, shape), popularity: float32(popularity, shape), age: float32(age, shape) },
    };
  },
};

export function statisticsOf(histories: Histories, items: number): Statistics {
  const [late, early] = [new Float64Array(items + 1), new Float64Array(items + 1)];
  for (let user = 0; user < histories.users; user++) {
    const history = histories.of(user);
    history.forEach((item, at) => {
      early[item] += 0.5 ** at;
      late[item] += 0.5 ** (history.length - 1 - at);
    });
  }
  return {
    trend: trendOf(histories, items),
    popularity: countInteractions(histories, items),
    age: Float32Array.from(late, (sum, item) => Math.log((sum + 2) / (early[item] + 2))),
  };
}

/** Out of what the stage left. */
export function savedStatistics(artifact: Artifact | undefined, items: number): Statistics {
  const array = (name: string) => savedFloat32(artifact?.arrays, name, "reranked", items + 1);
  return { trend: array("trend"), popularity: array("popularity"), age: array("age") };
}
