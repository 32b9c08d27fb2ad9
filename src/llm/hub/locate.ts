/** Where a model lies: a path of this machine comes before an id of the hub. */
import { stat } from "node:fs/promises";
import { type FetchOptions, fetchModel } from "./fetch-model.ts";
import { parseHubId } from "./hub-id.ts";

/**
 * The path to open for what someone calls a model: itself where something lies there, otherwise what is fetched under this id;
 * itself again where it cannot be an id, so that opening it says what is wrong.
 */
export async function locateModel(model: string, options?: FetchOptions): Promise<string> {
  if (await stat(model).catch(() => undefined)) return model;
  const id = parseHubId(model);
  return id === undefined ? model : fetchModel(id, options);
}
