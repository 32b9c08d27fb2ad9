/** A share of the users, for what is fitted several times and each time must not see something of some of them. */
export interface Fold {
  /** From 0. */
  readonly index: number;
  readonly of: number;
}

/** The only one of a single fold: everyone. */
export const EVERYONE: Fold = { index: 0, of: 1 };

/** Whether the user of this row belongs to a fold: rows are dealt out like cards. */
export function inFold(user: number, { index, of }: Fold): boolean {
  return user % of === index;
}
