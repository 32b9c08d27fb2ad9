/** The same stages over histories that withhold some items more, under names of their own: where a later stage learns from. */
import { EVERYONE, type Fold } from "#data";
import type { Computed, Earlier, Learned } from "../contract.ts";

/** One fit that has not seen the last items of a fold's histories. */
export interface InnerFit {
  /** What its stages' names begin with. */
  readonly prefix: string;
  readonly fold: Fold;
  /** How many of each. */
  readonly withheld: number;
}

/** As many fits as folds: each history's last items are withheld from one of them. */
export function innerFits(folds: number, withheld: number): InnerFit[] {
  if (folds === 1) return [{ prefix: "inner-", fold: EVERYONE, withheld }];
  return Array.from({ length: folds }, (_, index) => ({
    ...{ prefix: `inner-${index + 1}-`, withheld },
    fold: { index, of: folds },
  }));
}

/** Copies of `stages` that see less of a fold's histories. What reads the catalogue alone is not made twice. */
export function withholding(stages: readonly (Computed | Learned)[], fit: InnerFit): (Computed | Learned)[] {
  const shared = sharedNames(stages);
  return stages.filter(({ name }) => !shared.has(name)).map((stage) => copy(stage, shared, fit));
}

/** What the copies left, under the names of the originals. */
export function innerOf(stages: readonly (Computed | Learned)[], earlier: Earlier, { prefix }: InnerFit): Earlier {
  return renamed(earlier, sharedNames(stages), prefix);
}

/** Stages that read the catalogue alone. */
export function sharedNames(stages: readonly (Computed | Learned)[]): ReadonlySet<string> {
  return new Set(stages.filter((stage) => stage.kind === "computed" && stage.catalogueOnly).map(({ name }) => name));
}

function renamed(earlier: Earlier, shared: ReadonlySet<string>, prefix: string): Earlier {
  return Object.fromEntries(
    Object.entries(earlier).flatMap(([name, artifact]) => {
      if (shared.has(name)) return [[name, artifact]];
      return name.startsWith(prefix) ? [[name.slice(prefix.length), artifact]] : [];
    }),
  );
}

function copy(
  stage: Computed | Learned,
  shared: ReadonlySet<string>,
  { prefix, fold, withheld }: InnerFit,
): Computed | Learned {
  const common = { name: prefix + stage.name, withhold: (stage.withhold ?? 0) + withheld, fold };
  const own = (earlier: Earlier) => renamed(earlier, shared, prefix);
  if (stage.kind === "computed") {
    return {
      ...stage,
      ...common,
      compute: (data, earlier, key, context) => stage.compute(data, own(earlier), key, context),
    };
  }
  return {
    ...stage,
    ...common,
    ...(stage.prepare && {
      prepare: (data, earlier, key, context) =>
        stage.prepare?.(data, own(earlier), key, context) ?? Promise.resolve(undefined),
    }),
    init: (weights, data, earlier, prepared) => stage.init(weights, data, own(earlier), prepared),
    epoch: (data, earlier, key, prepared, fresh) => {
      return stage.epoch(data, own(earlier), key, prepared, fresh);
    },
    ...(stage.refresh && {
      refresh: (parameters, data, earlier, context) =>
        stage.refresh?.(parameters, data, own(earlier), context) ?? Promise.resolve({}),
    }),
    ...(stage.open && {
      open: (earlier, catalogue, context) => {
        if (stage.open === undefined) throw new Error("internal: a stage lost its ranker");
        return stage.open(own(earlier), catalogue, context);
      },
    }),
  };
}
