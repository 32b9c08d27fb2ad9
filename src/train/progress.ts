/** Turns steps into events: at most a few a second, with rate and time left. */
import type { Emit, Event } from "#base";

const MILLISECONDS_BETWEEN = 200;

export class Progress {
  readonly #startedAt = performance.now();
  #saidAt = Number.NEGATIVE_INFINITY;
  #epochAt = performance.now();

  constructor(
    private readonly stage: string,
    private readonly steps: number,
    /** Steps done before this process began. */
    private readonly from: number,
    private readonly emit: Emit,
  ) {}

  step(epoch: number, step: number, losses: Readonly<Record<string, number>>): void {
    const now = performance.now();
    if (now - this.#saidAt < MILLISECONDS_BETWEEN && step < this.steps) return;
    this.#saidAt = now;
    const stepsPerSecond = (step - this.from) / Math.max((now - this.#startedAt) / 1000, 1e-9);
    const secondsLeft = (this.steps - step) / stepsPerSecond;
    this.emit({ type: "step", stage: this.stage, epoch, step, steps: this.steps, losses, stepsPerSecond, secondsLeft });
  }

  epoch(epoch: number, losses: Readonly<Record<string, number>>, validation?: EpochValidation): void {
    const now = performance.now();
    this.emit({ type: "epoch", stage: this.stage, epoch, losses, validation, seconds: (now - this.#epochAt) / 1000 });
    this.#epochAt = now;
  }
}

type EpochValidation = Extract<Event, { type: "epoch" }>["validation"];
