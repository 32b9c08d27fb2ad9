/** What may be recommended, in the words of whoever asks: ids and expressions become indices, bitmaps and factors. */
import { ConfigError, type Emit } from "#base";
import type { Diversity, ListOptions } from "#recommender";
import { type Boost, boosts, byAttributes, byVectors, requireDiversity, where } from "#retrieval";
import { few, known } from "./ids.ts";
import type { OpenedRun } from "./opened-run.ts";

export interface Rules {
  /** Only items that meet this: `brand = 'Nordwind' and not category in ('boots', 'poles')`. */
  readonly where?: string;
  /** Items that may not be recommended. */
  readonly exclude?: readonly string[];
  /** Items that are wanted `factor` times as much; as text `EXPR:FACTOR, EXPR:FACTOR`. */
  readonly boost?: string | readonly Boost[];
  /** How unlike each other the items shall be, from 0 (not asked) to 1. */
  readonly diversity?: number;
  /** Whether items of the history may not be recommended again; they may not, by default. */
  readonly maskHistory?: boolean;
}

/** The rules as lists are cut by them. They hold for any number of lists of this model. */
export async function readRules(
  model: OpenedRun,
  rules: Rules,
  emit: Emit,
): Promise<Omit<ListOptions, "topK" | "emit">> {
  const { exclude = [], boost, diversity, maskHistory = true } = rules;
  const { catalogue } = model.pipeline;
  const excluded = known(catalogue, exclude);
  if (excluded.unknown.length > 0) {
    emit({
      type: "warning",
      text: `exclude: not in the catalogue, so that nothing is taken out: ${few(excluded.unknown)}.`,
    });
  }
  return {
    maskHistory,
    exclude: excluded.indices,
    where: rules.where === undefined ? undefined : where(rules.where, catalogue),
    boost: boost === undefined ? undefined : boosts(boost, catalogue),
    diversity: diversity === undefined ? undefined : await diversityOf(model, diversity),
  };
}

/** By the model's vectors, or where it has none by what the catalogue says of items. */
async function diversityOf(model: OpenedRun, share: number): Promise<Diversity | undefined> {
  requireDiversity(share);
  if (share === 0) return undefined;
  const { ranker, catalogue } = model.pipeline;
  const similarity = ranker.vectors === undefined ? byAttributes(catalogue) : byVectors(await ranker.vectors());
  if (similarity !== undefined) return { share, similarity };
  throw new ConfigError(
    `${model.run}: diversity needs to know which items are alike, but the model "${model.manifest.model}" has no item vectors and the catalogue neither brands nor categories.`,
    { code: "no-likeness", field: "diversity", hint: "Import the items with --items, or ask a run of sasrec." },
  );
}
