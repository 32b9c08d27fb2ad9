/**
 * What a model says in words of the next item, against the item that came. A response is right where it names the item's
 * category:   valid = mean [names a category of the catalogue],   right = mean [names the item's own]
 * over the users whose item has a category. One that names none, or one that the catalogue does not have, is neither.
 * A category that is a path may be named by a beginning or an end of it.
 */
import { type Catalogue, categoryParts } from "#data";
import type { Reading } from "#recommender";

/** Shares of users. */
export interface ResponseFigures {
  /** Those who count: their item has a category, and something was read of them. */
  readonly users: number;
  /** Responses that name any category; 0 where a model has groups of items for words. */
  readonly named: number;
  readonly valid: number;
  readonly right: number;
}

export class ResponseTally {
  readonly #known: ReadonlySet<string>;
  readonly #categoryOf: (item: number) => string;
  #users = 0;
  #named = 0;
  #valid = 0;
  #right = 0;

  constructor(catalogue: Catalogue) {
    this.#categoryOf = (item) => catalogue.row(item).category ?? "";
    this.#known = new Set(catalogue.rows.flatMap(({ category = "" }) => [...categoryParts(category)]));
  }

  /** A response and the item that came. */
  see({ category }: Reading, item: number): void {
    const own = this.#categoryOf(item);
    if (own === "") return;
    this.#users++;
    if (category === undefined) return;
    this.#named++;
    if (!this.#known.has(category)) return;
    this.#valid++;
    if (categoryParts(own).has(category)) this.#right++;
  }

  /** Shares; of nobody they are 0. */
  value(): ResponseFigures {
    const of = (count: number) => count / Math.max(1, this.#users);
    return { users: this.#users, named: of(this.#named), valid: of(this.#valid), right: of(this.#right) };
  }
}
