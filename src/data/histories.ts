import { EVERYONE, inFold } from "./fold.ts";

/**
 * Everyone's interactions in one array: user u's items, oldest first, are items[starts[u] .. ends[u]].
 * Items are catalogue indices, 1..N (0 is padding). A split is another pair of bounds over the same arrays, so that no
 * view copies an interaction.
 */
export class Histories {
  constructor(
    readonly items: Int32Array,
    readonly starts: Float64Array,
    readonly ends: Float64Array,
    /** Seconds, UTC, one an interaction; absent where the source has none. */
    readonly timestamps?: Float64Array,
  ) {}

  /** Histories from one array of item indices a user. */
  static from(rows: readonly ArrayLike<number>[]): Histories {
    const starts = new Float64Array(rows.length);
    const ends = new Float64Array(rows.length);
    let total = 0;
    rows.forEach((row, user) => {
      starts[user] = total;
      total += row.length;
      ends[user] = total;
    });
    const items = new Int32Array(total);
    rows.forEach((row, user) => {
      items.set(row, starts[user]);
    });
    return new Histories(items, starts, ends);
  }

  /** Number of users. */
  get users(): number {
    return this.starts.length;
  }

  /** Number of interactions inside the bounds. */
  get interactions(): number {
    let total = 0;
    for (let user = 0; user < this.users; user++) total += this.ends[user] - this.starts[user];
    return total;
  }

  /** How many items user `user` has. */
  lengthOf(user: number): number {
    return this.ends[user] - this.starts[user];
  }

  /** The items of user `user`, oldest first: a view, not a copy. */
  of(user: number): Int32Array {
    return this.items.subarray(this.starts[user], this.ends[user]);
  }

  /** The same users with their last `count` items out of sight (all of them where there are fewer), or only those of a fold. */
  without(count: number, fold = EVERYONE): Histories {
    const ends = this.ends.map((end, user) => (inFold(user, fold) ? Math.max(this.starts[user], end - count) : end));
    return new Histories(this.items, this.starts, ends, this.timestamps);
  }

  /** The same users with their items in reverse, newest first: a copy, without times. */
  reversed(): Histories {
    return Histories.from(Array.from({ length: this.users }, (_, user) => this.of(user).slice().reverse()));
  }
}
