/** Which model a name means: the namespace of #models is the registry. */
import { ConfigError, didYouMean } from "#base";
import * as registry from "#models";
import type { RecommenderDefinition } from "#recommender";

const definitions: Readonly<Record<string, RecommenderDefinition>> = registry as never; // as: each is one, of its own config

/** Every model's definition by name, in the order of the registry. */
export function models(): Readonly<Record<string, RecommenderDefinition>> {
  return definitions;
}

/** The definition of the model called `name`. */
export function findModel(name: string): RecommenderDefinition {
  if (Object.hasOwn(definitions, name)) return definitions[name];
  const known = Object.keys(definitions);
  throw new ConfigError(`unknown model "${name}"${didYouMean(name, known) || "."} Known models: ${known.join(", ")}.`, {
    code: "unknown-model",
    field: "model",
    hint: `Choose one of ${known.join(", ")}.`,
  });
}

/** The options of a run, with those that came after it as they were when it was begun. */
export function begunConfig({
  model,
  config,
}: {
  readonly model: string;
  readonly config: Readonly<Record<string, unknown>>;
}) {
  return { ...findModel(model).before, ...config };
}
