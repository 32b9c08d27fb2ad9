/** `recommend`: outside ids in, a ranked list of outside ids out. */
import { ConfigError, DataError, type Emit } from "#base";
import type { Catalogue } from "#data";
import { type Contribution, type Excluded, explain, type Recommended, recommend } from "#recommender";
import { few, known } from "./ids.ts";
import type { OpenedRun } from "./opened-run.ts";
import { type Rules, readRules } from "./rules.ts";

export interface RecommendOptions extends Rules {
  /** A user of the data: the whole stored history counts. */
  readonly user?: string;
  /** Instead of a user: what someone took, oldest first. */
  readonly history?: readonly string[];
  /** Length of the list, 10 by default. */
  readonly topK?: number;
  /** Whether each item says why it stands there. */
  readonly explain?: boolean;
  /** Takes warnings; the model's by default. */
  readonly emit?: Emit;
}

/** Why an item stands in a list. */
export interface Why {
  /** Items of the history that lie near, with their cosine. */
  readonly because: readonly { readonly item: string; readonly title?: string; readonly weight: number }[];
  /** What the model says is wanted. */
  readonly category?: string;
  /** The model's own sentence about this customer: generated, not known. */
  readonly text?: string;
  /** What spoke for it most, and how far its score would fall without. */
  readonly spoke?: readonly Contribution[];
}

/** An item of a list, best first. */
export interface ListedItem {
  readonly item: string;
  readonly score: number;
  readonly title?: string;
  readonly why?: Why;
}

export interface Recommendations {
  readonly items: readonly ListedItem[];
  readonly model: string;
  /** Nothing was known of this user: these are the popular items. */
  readonly cold: boolean;
  /** Ids of the history that the catalogue does not have. */
  readonly ignored: readonly string[];
  /** How many items each rule took out. */
  readonly excluded: Excluded;
}

export async function recommendTo(model: OpenedRun, options: RecommendOptions): Promise<Recommendations> {
  const { topK = 10, emit = model.emit } = options;
  const { catalogue } = model.pipeline;
  const { history, ignored } = historyOf(model, options);
  const rules = await readRules(model, options, emit);
  const answer = await recommend({ ...model.pipeline, profile: { history }, topK, ...rules, emit });
  const items = answer.items.map((entry) => listed(catalogue, entry));
  return {
    items: options.explain ? await explained(model, history, answer.items, items) : items,
    model: model.manifest.model,
    cold: answer.cold,
    ignored,
    excluded: answer.excluded,
  };
}

/** The same list with a reason for each item. */
async function explained(
  { pipeline: { ranker, catalogue, key } }: OpenedRun,
  history: Int32Array,
  found: readonly Recommended[],
  items: readonly ListedItem[],
): Promise<ListedItem[]> {
  const indices = found.map(({ index }) => index);
  const reasons = await explain(ranker, { history }, indices, key);
  return items.map((item, at) => {
    const { because, ...rest } = reasons[at];
    const named = because.map(({ index, weight }) => {
      const { item: id, title } = catalogue.row(index);
      return title === undefined ? { item: id, weight } : { item: id, title, weight };
    });
    return { ...item, why: { because: named, ...rest } };
  });
}

/** An index with its score, as the outside world knows it. */
export function listed(catalogue: Catalogue, { index, score }: Recommended): ListedItem {
  const { item, title } = catalogue.row(index);
  return title === undefined ? { item, score } : { item, score, title };
}

function historyOf(model: OpenedRun, { user, history }: RecommendOptions) {
  if ((user === undefined) === (history === undefined)) {
    throw new ConfigError("recommend: expected either a user or a history, one of the two.", {
      code: "user-or-history",
      field: user === undefined ? "user" : "history",
      hint: "Give --user ID, or --history ID,ID,… (oldest first).",
    });
  }
  const { catalogue, users, histories } = model.material.dataset;
  if (user !== undefined) {
    const row = users.rowOf(user);
    return { history: row === undefined ? new Int32Array(0) : histories.of(row), ignored: [] };
  }
  const { indices, unknown } = known(catalogue, history ?? []);
  if (indices.length === 0 && unknown.length > 0) {
    throw new DataError(`history: none of its ${unknown.length} items is in the catalogue (${few(unknown)}).`, {
      code: "unknown-items",
      field: "history",
      hint: `Items are named as in the imported data, for example "${catalogue.idOf(1)}".`,
    });
  }
  return { history: Int32Array.from(indices), ignored: unknown };
}
