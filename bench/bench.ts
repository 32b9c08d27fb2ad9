/**
 * What a bench is: a workload that two sides carry out, ours and a twin (PyTorch in peers/NAME.py, or what npm has in
 * peers/NAME.mjs), from the same arrays.
 * The runner (run.ts) alternates them and asks first whether they compute the same thing.
 */
import type { Arrays, Runtime } from "#tensor";

/** What one side says after some steps, a figure each: the clock's milliseconds, the processors', the loss (or checksum). */
export interface Timed {
  readonly milliseconds: readonly number[];
  readonly processor: readonly number[];
  readonly values: readonly number[];
}

/** One side at work. */
export interface Subject extends AsyncDisposable {
  run(steps: number): Promise<Timed>;
  /** Figures beside the time, asked for at the end. */
  readonly figures?: () => Readonly<Record<string, number | string>>;
}

/** How our side is to be set up. */
export interface Setup {
  readonly runtime: Runtime;
  /** For the comparison of losses: no dropout, and draws taken from the arrays. */
  readonly comparing: boolean;
}

export type Twin = "python" | "node";

export interface Bench {
  readonly name: string;
  readonly unit: "ms/step" | "ms" | "s";
  /** One line for people. */
  readonly workload: string;
  /** Weights and batches that both sides start from. */
  arrays(): Promise<Arrays>;
  ours(arrays: Arrays, setup: Setup): Promise<Subject>;
  /** What the twin is written in; Python, where nothing is said. */
  readonly twin?: Twin;
  /** What the twin is told beside the arrays. */
  peerOptions(comparing: boolean): Readonly<Record<string, unknown>>;
  /** Steps whose losses are compared, and how far apart they may be (absolute, relative above 1). */
  readonly compared: number;
  readonly tolerance: number;
  /** Steps in a turn, and steps before the first that are not counted (at least one: it compiles). */
  readonly turn: number;
  readonly warmUp: number;
  /** Turns each side gets; half as many where one thread is reported beside. */
  readonly turns: number;
  /** Whether the twin is also tried under torch.compile. */
  readonly compiles: boolean;
  /** Variants of our side beside the one that is claimed, by name. */
  readonly others?: Readonly<Record<string, (arrays: Arrays, setup: Setup) => Promise<Subject>>>;
}

/** Times `step` as a subject: the clock is read around each whole step. */
export function subject(
  step: (index: number) => Promise<number>,
  dispose: () => Promise<void>,
  figures?: Subject["figures"],
): Subject {
  let done = 0;
  return {
    figures,
    async run(steps) {
      const milliseconds: number[] = [];
      const processor: number[] = [];
      const values: number[] = [];
      for (let count = 0; count < steps; count++) {
        const start = performance.now();
        const used = process.cpuUsage();
        values.push(await step(done++));
        milliseconds.push(performance.now() - start);
        const { user, system } = process.cpuUsage(used);
        processor.push((user + system) / 1000);
      }
      return { milliseconds, processor, values };
    },
    [Symbol.asyncDispose]: dispose,
  };
}
