/**
 * The trials of a search, all of them drawn before the first one runs: they follow from the seed and the space, not from
 * what ran before. More trials begin with the same ones.
 */
import { isDeepStrictEqual } from "node:util";
import { ConfigError, parseConfig } from "#base";
import { Key } from "#random";
import type { Learned, RecommenderDefinition } from "#recommender";
import { Space, type SpaceSettings } from "./space.ts";

/** One configuration that is tried. */
export interface Trial {
  /** The run's name below the search's directory. */
  readonly name: string;
  /** What the space gave. */
  readonly given: Readonly<Record<string, unknown>>;
  /** The stage that validation stops; absent where nothing is learned. */
  readonly paced?: Pick<Learned, "name" | "epochs" | "validateEvery">;
}

/** Draws without a new configuration until a space counts as exhausted. */
const MOST_DRAWS = 1000;

/**
 * `count` different configurations that the model can be built with; fewer where the space has no more. What the model
 * refuses (a width that its heads do not divide) is drawn again; a space it refuses altogether is its own error.
 */
export function drawTrials(
  model: string,
  definition: RecommenderDefinition,
  settings: SpaceSettings,
  count: number,
  seed: number,
): readonly Trial[] {
  const space = Space.parse(model, definition.config, settings);
  const key = Key.of(seed).fold("search");
  const trials: Trial[] = [];
  let refusal: ConfigError | undefined;
  for (let draw = 0, vain = 0; trials.length < count && vain < MOST_DRAWS; draw++, vain++) {
    const given = space.draw(key.fold(draw));
    if (trials.some((trial) => isDeepStrictEqual(trial.given, given))) continue;
    try {
      const { stages } = definition.build(parseConfig(definition.config, given, model));
      const paced = stages.findLast((stage): stage is Learned => stage.kind === "learned" && stage.stop === "ranking");
      const name = `trial-${String(trials.length + 1).padStart(3, "0")}`;
      trials.push({ name, given, ...(paced && { paced: pacing(paced) }) });
      vain = 0;
    } catch (cause) {
      if (!(cause instanceof ConfigError)) throw cause;
      refusal = cause;
    }
  }
  if (trials.length === 0 && refusal !== undefined) throw refusal;
  return trials;
}

function pacing({ name, epochs, validateEvery }: Learned): Trial["paced"] {
  return { name, epochs, validateEvery };
}
