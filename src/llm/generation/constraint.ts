/** What may be generated: a hook that is asked before every token, and the one that allows a list of texts. */

export interface Constraint {
  /** Tokens that may follow what was generated so far; none: the text ends here; undefined: any token. */
  allowed(generated: readonly number[]): readonly number[] | undefined;
}

interface Branch {
  readonly children: Map<number, Branch>;
  /** A text of the list ends here. */
  ends: boolean;
}

/**
 * Exactly one of these texts, each as its tokens. Where a text of the list is the beginning of another, one of `end` may follow
 * it and ends the text.
 */
export class TokenTrie implements Constraint {
  readonly #root: Branch = { children: new Map(), ends: false };

  constructor(
    texts: Iterable<readonly number[]>,
    private readonly end: readonly number[] = [],
  ) {
    for (const tokens of texts) {
      let branch = this.#root;
      for (const token of tokens) {
        const next = branch.children.get(token) ?? { children: new Map(), ends: false };
        branch.children.set(token, next);
        branch = next;
      }
      branch.ends = true;
    }
  }

  allowed(generated: readonly number[]): readonly number[] {
    const branch = this.#follow(generated);
    if (branch === undefined) return [];
    const onward = [...branch.children.keys()];
    return branch.ends && onward.length > 0 ? [...onward, ...this.end] : onward;
  }

  /** Whether these tokens are one of the texts. */
  has(tokens: readonly number[]): boolean {
    return this.#follow(tokens)?.ends ?? false;
  }

  #follow(tokens: readonly number[]): Branch | undefined {
    let branch: Branch | undefined = this.#root;
    for (const token of tokens) branch = branch?.children.get(token);
    return branch;
  }
}
