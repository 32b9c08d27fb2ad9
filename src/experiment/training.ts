/** Training as a library meets it: events to iterate over, and a result to wait for. */
import type { Event } from "#base";
import type { TrainSummary } from "./manifest.ts";
import type { TrainOptions } from "./plan.ts";
import { trainRun } from "./train.ts";

/** Events nobody has read yet; older ones are forgotten, so that a result can be awaited without reading any. */
const MOST_UNREAD = 10_000;

/**
 * Trains a model into a run directory. It begins at once; leaving the loop early, or the signal, interrupts it after a
 * checkpoint, and `resume: true` continues it.
 * @example
 * const training = train({ data: "ratings.csv", model: "sasrec", out: "runs/first" });
 * for await (const event of training) if (event.type === "epoch") console.log(event.losses.total);
 * const { best } = await training.result;
 */
export function train(options: Omit<TrainOptions, "emit">): Training {
  return new Training(options);
}

export class Training implements AsyncIterable<Event> {
  /** What came out; rejects with the error that stopped it, as the loop does. */
  readonly result: Promise<TrainSummary>;
  readonly #unread: Event[] = [];
  readonly #stop = new AbortController();
  #ended = false;
  #wake = () => {};

  constructor(options: Omit<TrainOptions, "emit">) {
    const signal = options.signal ? AbortSignal.any([options.signal, this.#stop.signal]) : this.#stop.signal;
    this.result = trainRun({ ...options, signal, emit: (event) => this.#take(event) }).finally(() => {
      this.#ended = true;
      this.#wake();
    });
    this.result.catch(() => {}); // whoever only iterates gets the error there: it is not unhandled
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Event, void, undefined> {
    try {
      for (;;) {
        const event = this.#unread.shift();
        if (event !== undefined) yield event;
        else if (this.#ended) break;
        else await new Promise<void>((resolve) => (this.#wake = resolve));
      }
      await this.result;
    } finally {
      if (!this.#ended) {
        this.#stop.abort();
        await this.result.catch(() => {});
      }
    }
  }

  #take(event: Event): void {
    if (this.#unread.length === MOST_UNREAD) this.#unread.shift();
    this.#unread.push(event);
    this.#wake();
  }
}
