/**
 * A small listwise net, several of them: s = mean_n log softmax over a user's candidates of (w·f + MLP(f)), f standardised.
 * Each starts from its own draw; the mean of what they say is steadier than one of them. They learn side by side on the same
 * lists: cross-entropy of the item that was taken among its list (ListNet's top-one, Cao et al., ICML 2007), and once more
 * among those of its kind, new or taken before: where histories are masked only that order counts.
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
/** Where weights stand that are measured, not trained. */
export const FIXED = "features";

export class ListwiseNets {
  readonly #nets: readonly Net[];

  readonly #mean: Tensor; // [F]
  readonly #deviation: Tensor; // [F]

  /** `measured`: mean and deviation of each of `features` features, where the nets begin; they are not trained. */
  constructor(weights: Weights, features: number, { nets, hidden }: NetOptions, measured?: Measured) {
    this.#nets = Array.from({ length: nets }, (_, at) => new Net(weights.at("nets").at(at), features, hidden));
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
    return each.reduce((sum, loss) => sum.add(loss));
  }

  /** features [B, C, F], mask [B, C] → scores [B, C], logs of shares that add up to one */
  scores(features: Tensor, mask: Tensor): Tensor {
    const input = this.#standardised(features);
    const shares = this.#nets.map((net) => net.forward(input).add(mask).softmax());
    return shares
      .reduce((sum, share) => sum.add(share))
      .div(this.#nets.length)
      .add(1e-12)
      .log();
  }

  /** features [B, C, F] → [B, C], the mean of what the nets say, whatever else stands in the list */
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
