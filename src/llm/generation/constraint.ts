/** What may be generated: a hook that is asked before every token, and the one that allows a list of texts. */

export interface Constraint {
  /** Tokens that may follow what was generated so far; none: the text ends here; undefined: any token. */
  allowed(generated: readonly number[]): readonly number[] | undefined;
}

/** The tree of what a list of texts begins with, as far as they part. */
export interface Forks {
  readonly tokens: readonly number[];
  readonly parents: readonly number[];
  readonly forks: readonly Fork[];
}

/** Behind token number `at` of the tree, -1: at its root, one of `tokens` follows. */
interface Fork {
  readonly at: number;
  readonly tokens: readonly number[];
}

interface Onward {
  readonly token: number;
  readonly at?: number;
}

/** Whether texts part behind a branch. */
function parts({ children }: Branch): boolean {
  if (children.size > 1) return true;
  for (const child of children.values()) return parts(child);
  return false;
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

  /**
   * Where the texts part, and the tokens that lead there: `tokens` and `parents` as a session reads a tree, the root left out (-1);
   * `forks` say after which of them (-1: at once) which tokens go on, and where each then stands (undefined: nothing parts any more).
   */
  get forks(): Forks {
    const [tokens, parents]: [number[], number[]] = [[], []];
    const forks: Fork[] = [];
    const enter = (branch: Branch, at: number) => {
      const onward = [...branch.children].map(([token, child]): Onward => {
        if (!parts(child)) return { token };
        tokens.push(token);
        parents.push(at);
        return { token, at: tokens.length - 1 };
      });
      if (onward.length > 1) forks.push({ at, tokens: onward.map(({ token }) => token) });
      for (const { token, at: next } of onward) {
        const child = branch.children.get(token);
        if (next !== undefined && child !== undefined) enter(child, next);
      }
    };
    enter(this.#root, -1);
    return { tokens, parents, forks };
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
