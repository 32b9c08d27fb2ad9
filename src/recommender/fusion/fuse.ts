/**
 * Several experts' scores become one row of probabilities:   s_i = Σ_e w_e · share_e(i), shares as in share.ts.
 * Weights are never guessed: experts speak in different units, so they are tuned on validation (tune.ts) and are part of a
 * run. Items that no expert generates follow in the order of their popularity, below all others.
 */
import { addShare, type ExpertKind, type ExpertShare, type Priors, priorOf, toProbabilities } from "./share.ts";

/** By expert name; one that is not named has no say. */
export type Fusion = Readonly<Record<string, ExpertShare>>;

/** Scores of each expert, [B, N + 1] each. */
export type ExpertScores = Readonly<Record<string, Float32Array>>;

/** Fuses batches of scores under one fusion; what follows from the catalogue alone is worked out once. */
export class Fuser {
  readonly #experts: readonly {
    readonly name: string;
    readonly kind: ExpertKind;
    readonly share: ExpertShare;
    readonly prior: Float32Array | undefined;
  }[];

  constructor(
    fusion: Fusion,
    kinds: Readonly<Record<string, ExpertKind>>,
    private readonly priors: Priors,
  ) {
    const unknown = Object.keys(fusion).find((name) => !(name in kinds));
    if (unknown !== undefined) {
      throw new Error(
        `internal: fusion has a weight for "${unknown}", but the experts are ${Object.keys(kinds).join(", ")}.`,
      );
    }
    const heard = Object.entries(fusion).filter(([, { weight }]) => weight !== 0);
    if (heard.length === 0) throw new Error("internal: fusion gives every expert the weight 0.");
    this.#experts = heard.map(([name, share]) => ({
      name,
      kind: kinds[name],
      share,
      prior: priorOf(priors, share.trend, share.popularity),
    }));
  }

  /** The experts that have a say. */
  get heard(): string[] {
    return this.#experts.map(({ name }) => name);
  }

  /** Fused scores [B, N + 1]; `masked[row]` are the items that count for nothing. The experts' arrays are used up. */
  fuse(scores: ExpertScores, masked: readonly ArrayLike<number>[]): Float32Array {
    const columns = this.priors.popularity.length;
    const fused = new Float32Array(masked.length * columns);
    for (const { name, kind, share, prior } of this.#experts) {
      masked.forEach((items, row) => {
        const own = scores[name].subarray(row * columns, (row + 1) * columns);
        toProbabilities(own, kind);
        for (let at = 0; at < items.length; at++) own[items[at]] = 0;
        addShare(own, kind, share, prior, fused.subarray(row * columns, (row + 1) * columns));
      });
    }
    for (let row = 0; row < masked.length; row++) this.#whisper(fused.subarray(row * columns, (row + 1) * columns));
    return fused;
  }

  /** Popularity, so quiet that it orders only what no expert generates. */
  #whisper(row: Float32Array): void {
    const { popularity } = this.priors;
    let least = Number.POSITIVE_INFINITY;
    for (let item = 1; item < row.length; item++) if (row[item] > 0 && row[item] < least) least = row[item];
    const most = popularity.reduce((a, b) => Math.max(a, b), 0) + 1;
    const ceiling = Number.isFinite(least) ? least : 1;
    for (let item = 1; item < row.length; item++) {
      if (row[item] === 0) row[item] = (ceiling * popularity[item]) / most;
    }
  }
}
