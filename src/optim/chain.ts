/**
 * Optimizers made of links, one thing a link: leave addresses out, scale gradients, write weights, keep an average.
 * Links run in the order they stand; every part is itself an optimizer, so a chain of one link is one too (after optax).
 */
import type { Arrays, NdArray } from "#tensor";
import { GradientTable, type Merged } from "./merged.ts";
import type { Gradients, Optimizer } from "./optimizer.ts";

/** One step on its way through the links. */
export interface Update {
  readonly parameters: Arrays;
  /** What this step has a gradient for, one entry a trained parameter; links may change scale and rate. */
  readonly gradients: readonly Merged[];
  /** Counts from 1. */
  readonly step: number;
}

/** Arrays that outlive a step, by name. */
export type State = Readonly<Record<string, NdArray>>;

/** One thing that happens in a step. */
export interface Link {
  /** Whether the parameter at this address is trained; all links must agree. */
  trains?(address: string): boolean;
  /** What it keeps between steps, for the parameters that are trained. */
  init?(parameters: Arrays): Record<string, NdArray>;
  /** Its part of a step, in place; returns figures worth logging. */
  apply?(update: Update, state: State): Readonly<Record<string, number>>;
  /** Weights to use in place of the trained ones. */
  averaged?(parameters: Arrays, state: State): Arrays;
}

/** An optimizer of links. */
export class Chain implements Optimizer {
  readonly #gradients = new GradientTable();

  constructor(readonly links: readonly Link[]) {}

  trains(address: string): boolean {
    return this.links.every((link) => link.trains?.(address) ?? true);
  }

  init(parameters: Arrays): Record<string, NdArray> {
    const trained = Object.fromEntries(Object.entries(parameters).filter(([address]) => this.trains(address)));
    const state: Record<string, NdArray> = {};
    for (const link of this.links) {
      for (const [name, array] of Object.entries(link.init?.(trained) ?? {})) {
        if (state[name] !== undefined) throw new Error(`internal: two links of a chain keep "${name}"`);
        state[name] = array;
      }
    }
    return state;
  }

  update(parameters: Arrays, gradients: Gradients, state: State, step: number): Readonly<Record<string, number>> {
    const merged: Merged[] = [];
    for (const address of Object.keys(gradients)) {
      if (this.trains(address)) merged.push(this.#gradients.merge(address, parameters[address], gradients[address]));
    }
    return this.take({ parameters, gradients: merged, step }, state);
  }

  /** A step whose gradients are one array a parameter already. */
  take(update: Update, state: State): Readonly<Record<string, number>> {
    const figures: Record<string, number> = {};
    for (const link of this.links) Object.assign(figures, link.apply?.(update, state));
    return figures;
  }

  averaged(parameters: Arrays, state: State): Arrays {
    return this.links.reduce((weights, link) => link.averaged?.(weights, state) ?? weights, parameters);
  }
}

/**
 * The links of all parts, one after the other.
 * @example chain(freeze((address) => address.startsWith("tokenizer.")), clipGlobalNorm(1), adam({ rate: 1e-3 }))
 */
export function chain(...parts: readonly Chain[]): Chain {
  return new Chain(parts.flatMap((part) => part.links));
}
