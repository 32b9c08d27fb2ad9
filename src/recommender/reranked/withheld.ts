/** The same stages over histories that withhold one item more, under names of their own: where a later stage learns from. */
import type { Computed, Earlier, Learned } from "../contract.ts";

const PREFIX = "inner-";

/** Copies of `stages` that see one item less of each history. What reads the catalogue alone is not made twice. */
export function withholding(stages: readonly (Computed | Learned)[]): (Computed | Learned)[] {
  const shared = sharedNames(stages);
  return stages.filter(({ name }) => !shared.has(name)).map((stage) => copy(stage, shared));
}

/** What the copies left, under the names of the originals. */
export function innerOf(stages: readonly (Computed | Learned)[], earlier: Earlier): Earlier {
  return renamed(earlier, sharedNames(stages));
}

/** Stages that read the catalogue alone. */
export function sharedNames(stages: readonly (Computed | Learned)[]): ReadonlySet<string> {
  return new Set(stages.filter((stage) => stage.kind === "computed" && stage.catalogueOnly).map(({ name }) => name));
}

function renamed(earlier: Earlier, shared: ReadonlySet<string>): Earlier {
  return Object.fromEntries(
    Object.entries(earlier).flatMap(([name, artifact]) => {
      if (shared.has(name)) return [[name, artifact]];
      return name.startsWith(PREFIX) ? [[name.slice(PREFIX.length), artifact]] : [];
    }),
  );
}

function copy(stage: Computed | Learned, shared: ReadonlySet<string>): Computed | Learned {
  const common = { name: PREFIX + stage.name, withhold: (stage.withhold ?? 0) + 1 };
  if (stage.kind === "computed") {
    return {
      ...stage,
      ...common,
      compute: (data, earlier, key, context) => stage.compute(data, renamed(earlier, shared), key, context),
    };
  }
  return {
    ...stage,
    ...common,
    ...(stage.prepare && {
      prepare: (data, earlier, key, context) =>
        stage.prepare?.(data, renamed(earlier, shared), key, context) ?? Promise.resolve(undefined),
    }),
    init: (weights, data, earlier, prepared) => stage.init(weights, data, renamed(earlier, shared), prepared),
    epoch: (data, earlier, key, prepared, fresh) => {
      return stage.epoch(data, renamed(earlier, shared), key, prepared, fresh);
    },
    ...(stage.refresh && {
      refresh: (parameters, data, earlier, context) =>
        stage.refresh?.(parameters, data, renamed(earlier, shared), context) ?? Promise.resolve({}),
    }),
    ...(stage.open && {
      open: (earlier, catalogue, context) => {
        if (stage.open === undefined) throw new Error("internal: a stage lost its ranker");
        return stage.open(renamed(earlier, shared), catalogue, context);
      },
    }),
  };
}
