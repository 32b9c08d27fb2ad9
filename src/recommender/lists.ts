/**
 * Lists for many profiles of a model whose scores are inner products, without computing and masking N scores for each:
 * exact search (retrieval/exact.ts) over the items that may be recommended. Each profile asks for topK items and as many
 * more as its history could take away, so that its list is the one `recommendAll` cuts out of all scores (scores agree to
 * float32 rounding; equal ones may change places).
 */
import { ExactNearest } from "#retrieval";
import type { Runtime } from "#tensor";
import type { Profile, Ranker } from "./contract.ts";
import { type ListOptions, type Recommended, recommendAll } from "./rank.ts";
import type { Pipeline } from "./scores.ts";

/** Longer histories are scored in full: what would be searched beyond the list costs more than it saves. */
const LONGEST_HISTORY = 256;

/** One profile's list. */
export interface List {
  readonly items: readonly Recommended[];
  readonly cold: boolean;
}

/** Makes lists, in whichever way is quickest for this model and these rules. */
export class Lists implements AsyncDisposable {
  private constructor(
    private readonly request: Pipeline & ListOptions,
    private readonly search: Search | undefined,
  ) {}

  static async open(request: Pipeline & ListOptions, runtime: Runtime): Promise<Lists> {
    const { ranker, boost, diversity } = request;
    const searchable = ranker.products !== undefined && boost === undefined && diversity === undefined;
    const search = searchable ? await searchOf(request, runtime) : undefined;
    return new Lists(request, search);
  }

  /** Whether lists are searched for, not cut out of all scores. */
  get searches(): boolean {
    return this.search !== undefined;
  }

  /** One list a profile, in their order. */
  async of(profiles: readonly Profile[]): Promise<List[]> {
    const { search } = this;
    if (search === undefined) return recommendAll({ ...this.request, profiles });
    const isShort = ({ history }: Profile) => history.length > 0 && history.length <= LONGEST_HISTORY;
    const searched = profiles.filter(isShort);
    const scored = profiles.filter((profile) => !isShort(profile));
    const found = searched.length === 0 ? [] : await searchLists(this.request, search, searched);
    const cut = scored.length === 0 ? [] : await recommendAll({ ...this.request, profiles: scored });
    let [nextFound, nextCut] = [0, 0];
    return profiles.map((profile) => (isShort(profile) ? found[nextFound++] : cut[nextCut++]));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.search?.nearest[Symbol.asyncDispose]();
  }
}

interface Search {
  readonly products: NonNullable<Ranker["products"]>;
  readonly nearest: ExactNearest;
  /** Catalogue indices of the rows that are searched; row 0 is padding. */
  readonly indices: Int32Array;
}

async function searchOf({ ranker, catalogue, where, exclude = [] }: Pipeline & ListOptions, runtime: Runtime) {
  const products = ranker.products;
  if (products === undefined) return undefined;
  const { data, dim } = await products.table();
  const out = new Set(exclude);
  const all = Int32Array.from({ length: catalogue.size + 1 }, (_, index) => index);
  const indices = all.filter((index) => index === 0 || (!out.has(index) && where?.items[index] !== 0));
  if (indices.length === 1) return undefined; // nothing to search
  let rows = data;
  if (indices.length <= catalogue.size) {
    rows = new Float32Array(indices.length * dim);
    indices.forEach((index, at) => {
      rows.set(data.subarray(index * dim, (index + 1) * dim), at * dim);
    });
  }
  return { products, indices, nearest: new ExactNearest({ data: rows, dim }, runtime) };
}

async function searchLists(
  { ranker, key, topK, maskHistory }: Pipeline & ListOptions,
  search: Search,
  profiles: readonly Profile[],
): Promise<List[]> {
  const { products, nearest, indices } = search;
  const states = await ranker.encode(profiles, key);
  const seen = profiles.map(({ history }) => new Set(maskHistory ? history : []));
  const most = topK + seen.reduce((length, { size }) => Math.max(length, size), 0);
  const found = await nearest.search(products.queries(states), most);
  return seen.map((own, row) => {
    const items: Recommended[] = [];
    for (let at = row * found.count; at < (row + 1) * found.count && items.length < topK; at++) {
      const index = indices[found.indices[at]];
      if (!own.has(index)) items.push({ index, score: found.scores[at] });
    }
    return { items, cold: false };
  });
}
