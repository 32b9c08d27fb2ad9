/**
 * A model, fitted on a handful of histories, for tests: every stage in order, as a run does it, and its ranker opened.
 */
import { parseConfig, silent } from "#base";
import { Catalogue, Histories } from "#data";
import { Key } from "#random";
import type { Context, Earlier, Pipeline, RecommenderDefinition, TrainView } from "#recommender";
import { countInteractions } from "#retrieval";

/** Where tests run graphs. */
export const context: Context = { runtime: { device: "cpu", threads: 1 }, emit: silent };

/** What stages may see of these histories. */
export function trainView(histories: Histories, catalogue: Catalogue): TrainView {
  return { histories, catalogue, shard: { rank: 0, size: 1 } };
}

/** A catalogue of `items` items without a word about them. */
export function plainCatalogue(items: number): Catalogue {
  return new Catalogue(Array.from({ length: items }, (_, at) => ({ item: `item ${at + 1}` })));
}

/** Fits every stage of a model; computed stages here, learned ones as the train room does. */
export async function fitted(
  definition: RecommenderDefinition,
  config: object,
  data: TrainView,
  seed = 1,
): Promise<Earlier> {
  const recommender = definition.build(parseConfig(definition.config, config, definition.title));
  const earlier: Record<string, Earlier[string]> = {};
  for (const stage of recommender.stages) {
    if (stage.kind === "learned") throw new Error("internal: the train room does not exist yet");
    earlier[stage.name] = await stage.compute(data, earlier, Key.of(seed).fold(stage.name), context);
  }
  return earlier;
}

/** A fitted model with all that recommending and evaluating need. */
export async function opened(
  definition: RecommenderDefinition,
  config: object,
  data: TrainView,
  earlier: Earlier,
): Promise<Pipeline> {
  const recommender = definition.build(parseConfig(definition.config, config, definition.title));
  return {
    ranker: await recommender.open(earlier, data.catalogue, context),
    catalogue: data.catalogue,
    popularity: countInteractions(data.histories, data.catalogue.size),
    key: Key.of(1),
  };
}

/** Fits and opens in one go. */
export async function pipelineOf(
  definition: RecommenderDefinition,
  config: object,
  data: TrainView,
): Promise<Pipeline> {
  return opened(definition, config, data, await fitted(definition, config, data));
}

/** Data out of short rows of indices. */
export function dataOf(rows: readonly ArrayLike<number>[], items: number): TrainView {
  return trainView(Histories.from(rows), plainCatalogue(items));
}
