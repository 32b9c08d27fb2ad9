/** `recommend`: outside ids in, a ranked list of outside ids out. */
import { ConfigError, DataError, type Emit } from "#base";
import type { Catalogue } from "#data";
import { type Recommended, recommend } from "#recommender";
import type { Model } from "./model.ts";

export interface RecommendOptions {
  /** A user of the data: the whole stored history counts. */
  readonly user?: string;
  /** Instead of a user: what someone took, oldest first. */
  readonly history?: readonly string[];
  /** Length of the list, 10 by default. */
  readonly topK?: number;
  /** Items that may not be recommended. */
  readonly exclude?: readonly string[];
  /** Whether items of the history may not be recommended again; they may not, by default. */
  readonly maskHistory?: boolean;
  /** Takes warnings; the model's by default. */
  readonly emit?: Emit;
}

/** An item of a list, best first. */
export interface ListedItem {
  readonly item: string;
  readonly score: number;
  readonly title?: string;
}

export interface Recommendations {
  readonly items: readonly ListedItem[];
  readonly model: string;
  /** Nothing was known of this user: these are the popular items. */
  readonly cold: boolean;
  /** Ids of the history that the catalogue does not have. */
  readonly ignored: readonly string[];
  /** How many items each rule took out. */
  readonly excluded: { readonly history: number; readonly where: number; readonly exclude: number };
}

export async function recommendTo(model: Model, options: RecommendOptions): Promise<Recommendations> {
  const { topK = 10, exclude = [], maskHistory = true, emit = model.emit } = options;
  const { catalogue } = model.pipeline;
  const { history, ignored } = historyOf(model, options);
  const excluded = known(catalogue, exclude);
  if (excluded.unknown.length > 0) {
    emit({
      type: "warning",
      text: `exclude: not in the catalogue, so that nothing is taken out: ${few(excluded.unknown)}.`,
    });
  }
  const answer = await recommend({
    ...model.pipeline,
    profile: { history },
    topK,
    maskHistory,
    exclude: excluded.indices,
    emit,
  });
  return {
    items: answer.items.map((entry) => listed(catalogue, entry)),
    model: model.manifest.model,
    cold: answer.cold,
    ignored,
    excluded: { ...answer.excluded, where: 0 },
  };
}

/** An index with its score, as the outside world knows it. */
export function listed(catalogue: Catalogue, { index, score }: Recommended): ListedItem {
  const { item, title } = catalogue.row(index);
  return title === undefined ? { item, score } : { item, score, title };
}

function historyOf(model: Model, { user, history }: RecommendOptions) {
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

function known(catalogue: Catalogue, items: readonly string[]): { indices: number[]; unknown: string[] } {
  const indices: number[] = [];
  const unknown: string[] = [];
  for (const item of items) {
    const index = catalogue.indexOf(item);
    if (index === undefined) unknown.push(item);
    else indices.push(index);
  }
  return { indices, unknown };
}

function few(ids: readonly string[]): string {
  return `${ids
    .slice(0, 5)
    .map((id) => `"${id}"`)
    .join(", ")}${ids.length > 5 ? ", …" : ""}`;
}
