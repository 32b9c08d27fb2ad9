/** Who is in a dataset: outside ids by row, and rows by id. */
export class Users {
  #rowOf: Map<string, number> | undefined;

  constructor(readonly ids: readonly string[]) {}

  get count(): number {
    return this.ids.length;
  }

  /** The row of an outside id, or undefined for someone who is not in the data. */
  rowOf(id: string): number | undefined {
    // Built on first use: training never asks, and a million ids are a large map.
    this.#rowOf ??= new Map(this.ids.map((known, row) => [known, row]));
    return this.#rowOf.get(id);
  }
}
