/**
 * What a metric is: a number of one user's target rank, averaged over users, of all lists together, or of how sure scores are.
 * A metric is one file in metrics/ and one export line there; evaluation goes through that namespace and knows no names.
 */
import type { Catalogue, Histories } from "#data";
import type { Certainty } from "./certainty.ts";

/** The mean over users of a function of the target's rank. */
export interface RankMetric {
  readonly kind: "rank";
  /** As in reports: `HR` becomes `HR@10`. */
  readonly name: string;
  /** Whether it is taken at every cutoff k, or once over the whole ranking. */
  readonly atCutoffs: boolean;
  /** The metric that says the same with one target a user; tables for people show that one alone. */
  readonly restates?: string;
  /** One user's value; rank counts from 1, Infinity is a target that could not be recommended. */
  of(rank: number, cutoff: number): number;
}

/** A figure of all users' lists together. */
export interface ListMetric {
  readonly kind: "lists";
  readonly name: string;
  readonly atCutoffs: true;
  /** Starts a tally over what the lists are about to hold. */
  tally(context: ListContext): Tally;
}

/** All that a list can be measured against. None of it is a test item: what is popular or alike, training says. */
export interface ListContext {
  readonly catalogue: Catalogue;
  /** The training histories, a row a user of the log. */
  readonly train: Histories;
  /** Training interactions of every item, by index; 0 is padding. */
  readonly popularity: Float32Array; // [N + 1]
  /** How many lists will be seen. */
  readonly lists: number;
  /** Where values will be asked for. */
  readonly cutoffs: readonly number[];
  /** The most items that a list will hold: the largest cutoff, or the catalogue. */
  readonly longest: number;
}

/** Sees every user's list once, best first, then answers at the cutoffs of its context. */
export interface Tally {
  see(list: Int32Array): void;
  /** Undefined where no list had what it takes (the likeness of one item). */
  value(cutoff: number): number | undefined;
}

/** A figure of scores that are probabilities, where they are. */
export interface ProbabilityMetric {
  readonly kind: "probabilities";
  readonly name: string;
  tally(): {
    /** Sees every user who was scored by the model. */
    see(certainty: Certainty): void;
    /** Undefined where nobody was seen. */
    value(): number | undefined;
  };
}

export type Metric = RankMetric | ListMetric | ProbabilityMetric;
