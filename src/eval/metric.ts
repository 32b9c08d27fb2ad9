/**
 * What a metric is: a number of one user's target rank, averaged over users, or a number of all lists together.
 * A metric is one file in metrics/ and one export line there; evaluation goes through that namespace and knows no names.
 */

/** The mean over users of a function of the target's rank. */
export interface RankMetric {
  readonly kind: "rank";
  /** As in reports: `HR` becomes `HR@10`. */
  readonly name: string;
  /** Whether it is taken at every cutoff k, or once over the whole ranking. */
  readonly atCutoffs: boolean;
  /** One user's value; rank counts from 1, Infinity is a target that could not be recommended. */
  of(rank: number, cutoff: number): number;
}

/** A figure of all users' lists together. */
export interface ListMetric {
  readonly kind: "lists";
  readonly name: string;
  readonly atCutoffs: true;
  /** Starts a tally over a catalogue of `items` items. */
  tally(items: number): Tally;
}

/** Sees every user's list once, best first, then answers at any cutoff up to the lists' length. */
export interface Tally {
  see(list: Int32Array): void;
  value(cutoff: number): number;
}

export type Metric = RankMetric | ListMetric;
