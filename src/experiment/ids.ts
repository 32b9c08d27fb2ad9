/** Outside ids on their way in. */
import type { Catalogue } from "#data";

/** Outside ids as indices; those that the catalogue does not have apart. */
export function known(catalogue: Catalogue, items: readonly string[]): { indices: number[]; unknown: string[] } {
  const indices: number[] = [];
  const unknown: string[] = [];
  for (const item of items) {
    const index = catalogue.indexOf(item);
    if (index === undefined) unknown.push(item);
    else indices.push(index);
  }
  return { indices, unknown };
}

/** The first ids of a list, for messages. */
export function few(ids: readonly string[]): string {
  return `${ids
    .slice(0, 5)
    .map((id) => `"${id}"`)
    .join(", ")}${ids.length > 5 ? ", …" : ""}`;
}
