import { Chain } from "./chain.ts";

/**
 * Multiplies the learning rate by a factor for each address; stands before what writes the weights.
 * @example chain(rates((address) => (address.startsWith("items.") ? 0.1 : 1)), adam({ rate: 1e-3 }))
 */
export function rates(factorOf: (address: string) => number): Chain {
  return new Chain([
    {
      apply({ gradients }) {
        for (const merged of gradients) merged.rate *= factorOf(merged.address);
        return {};
      },
    },
  ]);
}
