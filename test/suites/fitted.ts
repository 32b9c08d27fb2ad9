/** A model, fitted on a handful of histories for tests: every stage as a run trains it, and its ranker opened. */

import type { z } from "zod";
import { type ConfigSchema, parseConfig, silent } from "#base";
import { Catalogue, Histories } from "#data";
import { Key } from "#random";
import type { Context, Earlier, Pipeline, Recommender, RecommenderDefinition, TrainView } from "#recommender";
import { countInteractions } from "#retrieval";
import { fit as train } from "#train";

/** Where tests run graphs. */
export const context: Context = { runtime: { device: "cpu", threads: 1 }, emit: silent };

/** What stages may see of these histories. */
export function trainView(histories: Histories, catalogue: Catalogue): TrainView {
  return { histories, catalogue, shard: { rank: 0, size: 1 } };
}

/** Data out of short rows of indices, over a catalogue of `items` items without a word about them. */
export function dataOf(rows: readonly ArrayLike<number>[], items: number): TrainView {
  const catalogue = new Catalogue(Array.from({ length: items }, (_, at) => ({ item: `item ${at + 1}` })));
  return trainView(Histories.from(rows), catalogue);
}

/** The model, configured. */
export function configured<C extends ConfigSchema>(
  definition: RecommenderDefinition<C>,
  config: z.input<C>,
): Recommender {
  return definition.build(parseConfig(definition.config, config, definition.title));
}

/** What every stage of the model leaves, trained on all it is given, without validation. */
export async function fitted(recommender: Recommender, data: TrainView, seed = 1): Promise<Earlier> {
  return (await train({ recommender, data, key: Key.of(seed), context })).earlier;
}

/** A fitted model with all that recommending and evaluating need. */
export async function opened(recommender: Recommender, data: TrainView, earlier: Earlier): Promise<Pipeline> {
  return {
    ranker: await recommender.open(earlier, data.catalogue, context),
    catalogue: data.catalogue,
    popularity: countInteractions(data.histories, data.catalogue.size),
    key: Key.of(1),
  };
}

/** Configures, fits and opens in one go. */
export async function pipelineOf<C extends ConfigSchema>(
  definition: RecommenderDefinition<C>,
  config: z.input<C>,
  data: TrainView,
): Promise<Pipeline> {
  const recommender = configured(definition, config);
  return opened(recommender, data, await fitted(recommender, data));
}
