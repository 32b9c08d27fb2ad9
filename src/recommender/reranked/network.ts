/**
 * Small listwise nets that order a user's candidates, and others that tell whether a taken item comes again:
 *   P(i) = P(kind of i) · P(i | kind of i)      kind: new, or taken before
 *   P(i | kind) = A_i / Σ_kind A, A = mean_n softmax(w·f + MLP(f)) of the nets that order, f standardised
 *   P(kind) = mean_m Σ_kind softmax(w·f + MLP(f)) of the nets of the odds
 * The former learn by cross-entropy of the item that was taken among its list (ListNet's top-one, Cao et al., ICML 2007), and
 * once more among those of its kind; the latter by cross-entropy of the kind alone. One net for both gives repeats a third of
 * the probability after short histories where a thirtieth is true: which item it is outvotes what kind it is (docs/log.md).
 */
import { crossEntropy, filled, Linear, type Weights } from "#nn";
import type { Tensor } from "#tensor";

export interface NetOptions {
  readonly nets: number;
  readonly hidden: number;
}

/** Of each feature, over the training lists. */
export interface Measured {
  readonly mean: Float32Array; // [F]
  readonly deviation: Float32Array; // [F]
}

const CLAMP = 5;
/** Of the nets of the odds: a few dozen repeats are all that some logs have. */
const ODDS_HIDDEN = 16;
/** Where weights stand that are measured, not trained. */
export const FIXED = "features";

export class ListwiseNets {
  readonly #nets: readonly Net[];
  readonly #odds: readonly Net[];
  readonly #mean: Tensor; // [F]
  readonly #deviation: Tensor; // [F]

  /** `measured`: mean and deviation of each of `features` features, where the nets begin; they are not trained. */
  constructor(weights: Weights, features: number, { nets, hidden }: NetOptions, measured?: Measured) {
    const several = (name: string, width: number) =>
      Array.from({ length: nets }, (_, at) => new Net(weights.at(name).at(at), features, width));
    this.#nets = several("nets", hidden);
    this.#odds = several("odds", ODDS_HIDDEN);
    const fixed = weights.at(FIXED);
    this.#mean = fixed.tensor("mean", [features], (_, data) => data.set(measured?.mean ?? []));
    this.#deviation = fixed.tensor("deviation", [features], (_, data) => data.set(measured?.deviation ?? []));
  }

  /**
   * features [B, C, F], targets [B], masks [B, C] that are added: 0, or very low where there is no candidate (`mask`) or none
   * of the target's kind (`kind`) → []
   */
  loss(features: Tensor, mask: Tensor, kind: Tensor, targets: Tensor): Tensor {
    const input = this.#standardised(features);
    const each = this.#nets.map((net) => {
      const scores = net.forward(input).add(mask);
      return crossEntropy(scores, targets).add(crossEntropy(scores.add(kind), targets));
    });
    const ofKind = kind.exp(); // [B, C], 1 or 0
    const odds = this.#odds.map((net) => {
      const right = net.forward(input).add(mask).softmax().mul(ofKind).sum(-1); // [B]
      return right.add(1e-9).log().mean().mul(-1);
    });
    return [...each, ...odds].reduce((sum, loss) => sum.add(loss));
  }

  /** features [B, C, F], mask [B, C], again [B, C], 1 where taken before → scores [B, C], logs of shares that add up to one */
  scores(features: Tensor, mask: Tensor, again: Tensor): Tensor {
    const input = this.#standardised(features);
    const [order, odds] = [this.#nets, this.#odds].map((nets) => {
      const shares = nets.map((net) => net.forward(input).add(mask).softmax()); // [B, C] each
      return shares.reduce((sum, share) => sum.add(share)).div(nets.length);
    });
    const fresh = again.mul(-1).add(1);
    const ofKind = (kind: Tensor) => {
      const [within, own] = [order.mul(kind), odds.mul(kind).sum(-1, { keepDims: true })]; // [B, C], [B, 1]
      return within.div(within.sum(-1, { keepDims: true }).maximum(1e-30)).mul(own);
    };
    return ofKind(fresh).add(ofKind(again)).add(1e-12).log();
  }

  /** features [B, C, F] → [B, C], the mean of what the nets that order say, whatever else stands in the list */
  plain(features: Tensor): Tensor {
    const input = this.#standardised(features);
    const said = this.#nets.map((net) => net.forward(input));
    return said.reduce((sum, one) => sum.add(one)).div(this.#nets.length);
  }

  #standardised(features: Tensor): Tensor {
    return features.sub(this.#mean).div(this.#deviation).maximum(-CLAMP).minimum(CLAMP);
  }
}

class Net {
  readonly #straight: Linear;
  readonly #first: Linear;
  readonly #second: Linear;
  readonly #last: Linear;

  constructor(weights: Weights, features: number, hidden: number) {
    this.#straight = new Linear(weights.at("straight"), features, 1);
    this.#first = new Linear(weights.at("first"), features, hidden);
    this.#second = new Linear(weights.at("second"), hidden, hidden);
    this.#last = new Linear(weights.at("last"), hidden, 1, { init: filled(0) });
  }

  /** [B, C, F] → [B, C] */
  forward(features: Tensor): Tensor {
    const inner = this.#second.forward(this.#first.forward(features).gelu()).gelu();
    return this.#straight.forward(features).add(this.#last.forward(inner)).squeeze(-1);
  }
}
