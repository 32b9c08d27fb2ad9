/**
 * What a re-ranker reads of a candidate: one number a column, each with a name and the source it comes from.
 *   an expert: log and root of its share, from the whole history and (log) from the newest item alone, and its mass; of
 *   logits also the gap to its best and that best · the mix and its gap · trend, popularity, age · the history's length
 *   and the mean age of its last items · is it a repeat · cosines to the history, in the base's own vectors
 * Shares are over the items that do not stand in the history; z-scores below 3 and 5 say nothing and are clipped.
 */
import type { ItemVectors } from "../contract.ts";
import type { ExpertKind } from "../fusion/share.ts";
import { type Spoken, shareOf } from "./spoken.ts";
import type { Statistics } from "./statistics.ts";

/** Beyond these the trend and the popularity of a log say nothing. */
const LEAST_TREND = 3;
const LEAST_POPULARITY = 5;
/** Items of the history that candidates are compared with, and how much less an older one weighs. */
const RECENT = 10;
const DECAY = 0.7;
/** Last items whose mean age is the history's. */
const AGED = 4;
const LONGEST = 20;

/** One user and their candidates, as columns see them. */
export interface Listed {
  readonly history: Int32Array;
  readonly items: Int32Array; // [C]
  readonly whole: Readonly<Record<string, Spoken>>;
  /** By the newest item alone; experts that are read briefly are left out. */
  readonly last: Readonly<Record<string, Spoken>>;
  readonly mixed: Float32Array; // [N + 1]
}

export interface FeatureOptions {
  readonly kinds: Readonly<Record<string, ExpertKind>>;
  /** Experts of which only log and root of the whole history are read. */
  readonly brief?: readonly string[];
  readonly vectors?: ItemVectors;
}

/** One column: its name, whose it is, and how it is worked out for a list. */
interface Column {
  readonly name: string;
  /** The expert, or what else is known: what an explanation names. */
  readonly source: string;
  values(list: Listed, statistics: Statistics): (item: number, row: number) => number;
}

const known = new WeakMap<FeatureOptions, readonly Column[]>();

/** The columns, in their order; the same ones for the same options. */
export function featureColumns(options: FeatureOptions): readonly Column[] {
  const found = known.get(options) ?? columnsOf(options);
  known.set(options, found);
  return found;
}

function columnsOf({ kinds, brief = [], vectors }: FeatureOptions): readonly Column[] {
  return [
    ...Object.entries(kinds).flatMap(([name, kind]) => expertColumns(name, kind, brief.includes(name))),
    ...mixColumns,
    ...itemColumns,
    ...historyColumns,
    ...(vectors === undefined ? [] : cosineColumns(vectors)),
  ];
}

/** The names of the columns, in their order. */
export function featureNames(options: FeatureOptions): string[] {
  return featureColumns(options).map(({ name }) => name);
}

/** Features of every candidate of a list: [C, F]. */
export function featuresOf(list: Listed, columns: readonly Column[], statistics: Statistics): Float32Array {
  const width = columns.length;
  const features = new Float32Array(list.items.length * width);
  columns.forEach((column, at) => {
    const value = column.values(list, statistics);
    list.items.forEach((item, row) => {
      features[row * width + at] = value(item, row);
    });
  });
  return features;
}

function expertColumns(name: string, kind: ExpertKind, brief: boolean): Column[] {
  // Below these a share is none: a softmax reaches everything, a mass what it touches.
  const [least, leastMass] = kind === "logits" ? [1e-7, 1e-7] : [1e-4, 1e-3];
  const column = (label: string, values: Column["values"]): Column => ({ name: label, source: name, values });
  const log = column(`log ${name}`, ({ whole }) => {
    const said = whole[name];
    return (item) => Math.log(shareOf(said, item) + least);
  });
  const root = column(`root ${name}`, ({ whole }) => {
    const said = whole[name];
    return (item) => Math.sqrt(shareOf(said, item));
  });
  if (brief) return [log, root];
  const mass = column(`${name} mass`, ({ whole }) => always(Math.log(whole[name].mass + leastMass)));
  const last = column(`log ${name} of last`, ({ last: all }) => {
    const said = all[name];
    return (item) => Math.log(shareOf(said, item) + least);
  });
  if (kind === "mass") return [log, root, mass, last];
  const gap = column(`${name} below its best`, ({ whole }) => {
    const said = whole[name];
    return (item) => Math.log(shareOf(said, item) + least) - Math.log(said.highest + least);
  });
  const best = column(`${name} best`, ({ whole }) => {
    const { highest, mass: said } = whole[name];
    return always(Math.log(highest * said + 1e-5));
  });
  return [log, root, mass, last, gap, best];
}

const mixColumns: readonly Column[] = [
  {
    name: "mix",
    source: "mix",
    values:
      ({ mixed }) =>
      (item) =>
        Math.log(mixed[item] + 1e-9),
  },
  {
    name: "mix below its best",
    source: "mix",
    values: ({ mixed, items, history }) => {
      const repeated = new Set(history);
      const best = items.reduce((most, item) => (repeated.has(item) ? most : Math.max(most, mixed[item])), 0);
      return (item) => Math.log(mixed[item] + 1e-9) - Math.log(best + 1e-9);
    },
  },
];

const itemColumns: readonly Column[] = [
  {
    name: "trend",
    source: "trend",
    values:
      (_, { trend }) =>
      (item) =>
        Math.log(Math.max(LEAST_TREND, trend[item])),
  },
  {
    name: "popularity",
    source: "popularity",
    values:
      (_, { popularity }) =>
      (item) =>
        Math.log(Math.max(LEAST_POPULARITY, popularity[item])),
  },
  {
    name: "age",
    source: "age",
    values:
      (_, { age }) =>
      (item) =>
        age[item],
  },
];

const historyColumns: readonly Column[] = [
  {
    name: "age of history",
    source: "age",
    values: ({ history }, { age }) => {
      const recent = history.slice(-AGED);
      return always(recent.reduce((sum, item) => sum + age[item], 0) / Math.max(1, recent.length));
    },
  },
  {
    name: "length",
    source: "length",
    values: ({ history }) => always(Math.log(Math.max(1, Math.min(LONGEST, history.length)))),
  },
  {
    name: "repeat",
    source: "repeat",
    values: ({ history }) => {
      const repeated = new Set(history);
      return (item) => Number(repeated.has(item));
    },
  },
];

/** Cosines of a candidate to the newest item, the best over the last ten, and their decayed mean. */
function cosineColumns(vectors: ItemVectors): Column[] {
  const cosinesOf = comparison(vectors);
  const column = (name: string, of: (cosines: Float64Array) => number): Column => ({
    name,
    source: "cosine",
    values: (list) => {
      const cosines = cosinesOf(list);
      return (_, row) => of(cosines[row]);
    },
  });
  return [
    column("cosine to last", (cosines) => cosines[0] ?? 0),
    column("best cosine", (cosines) => Math.max(-1, ...cosines)),
    column("mean cosine", (cosines) => {
      const weights = cosines.reduce((sum, _, age) => sum + DECAY ** age, 0);
      return cosines.reduce((sum, cosine, age) => sum + DECAY ** age * cosine, 0) / Math.max(1e-12, weights);
    }),
  ];
}

/** Of each candidate the cosines to the last items of the history, the newest first; all columns share them. */
function comparison({ data, dim }: ItemVectors): (list: Listed) => readonly Float64Array[] {
  const norms = Float64Array.from({ length: data.length / dim }, (_, item) => norm(data, item, dim));
  const compared = new WeakMap<Listed, readonly Float64Array[]>();
  return (list) => {
    const found = compared.get(list);
    if (found !== undefined) return found;
    const recent = list.history.slice(-RECENT).reverse();
    // Copied to float64 once: converting at every product would be most of the work.
    const others = Array.from(recent, (item) => Float64Array.from(data.subarray(item * dim, (item + 1) * dim)));
    const own = new Float64Array(dim);
    const cosines = Array.from(list.items, (item) => {
      own.set(data.subarray(item * dim, (item + 1) * dim));
      return Float64Array.from(others, (other, age) => {
        return product(own, other) / (norms[item] * norms[recent[age]] + 1e-12);
      });
    });
    compared.set(list, cosines);
    return cosines;
  };
}

function product(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let k = 0; k < a.length; k++) sum += a[k] * b[k];
  return sum;
}

function norm(data: Float32Array, item: number, dim: number): number {
  let squares = 0;
  for (let at = item * dim; at < (item + 1) * dim; at++) squares += data[at] * data[at];
  return Math.sqrt(squares);
}

function always(value: number): () => number {
  return () => value;
}
