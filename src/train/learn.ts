/**
 * Gradient descent on one stage: epochs, validation, early stopping, checkpoints. Interrupted between any two steps and
 * resumed, it leaves the weights it would have left: batches and draws follow from keys, and a checkpoint holds the rest.
 */
import { InterruptedError } from "#base";
import { Weights } from "#nn";
import type { Key } from "#random";
import type { Context, Earlier, Learned, TrainView } from "#recommender";
import type { Arrays, NdArray } from "#tensor";
import { Progress } from "./progress.ts";
import { TrainingStep } from "./step.ts";
import type { Checkpoint, Finished, Store } from "./store.ts";

/** Ranks the validation targets of a stage with what it would leave; higher is better. */
export type Validate = (earlier: Earlier, stage: Learned) => Promise<number>;

export interface LearnOptions {
  readonly data: TrainView;
  readonly earlier: Earlier;
  readonly key: Key;
  readonly context: Context;
  readonly store: Store;
  readonly validate?: Validate;
  /** What the validation figure is called in events. */
  readonly metric: string;
  /** At most one checkpoint in so many seconds, beside those at an interrupt. */
  readonly checkpointSeconds: number;
  /** Stops after so many epochs and keeps the last weights: what an earlier training chose. */
  readonly until?: number;
  /** Interrupts after so many epochs. */
  readonly pauseAfter?: number;
}

/** Trains a stage from its checkpoint, or from the start. */
export async function learn(stage: Learned, options: LearnOptions): Promise<Finished> {
  const { data, earlier, key, store } = options;
  const saved = await store.checkpoint(stage.name);
  const prepared = await stage.prepare?.(data, earlier, key.fold("prepare"), options.context);
  const weights = saved === undefined ? Weights.draw(key.fold("weights")) : Weights.read(copied(saved.parameters));
  const model = stage.init(weights, data, earlier, prepared);
  const optimizer = stage.optimizer(stage.epochs * stage.steps(data, prepared));
  const state = saved === undefined ? undefined : copied(saved.state);
  const { runtime } = options.context;
  const frozen = stage.frozen?.(prepared);
  await using step = new TrainingStep(stage, model, weights, optimizer, runtime, state, frozen);
  const learner = new Learner(
    stage,
    options,
    weights,
    step,
    () => optimizer.averaged(weights.arrays, step.state),
    prepared,
    saved,
  );
  return learner.run();
}

class Learner {
  #epoch: number;
  #cursor: number;
  #step: number;
  #best: Checkpoint["best"];
  #sinceBest: number;
  #sums: Record<string, number>;
  #fresh: Arrays | undefined;
  /** Of earlier starts. */
  readonly #secondsBefore: number;
  readonly #startedAt = performance.now();
  #savedAt = performance.now();

  constructor(
    private readonly stage: Learned,
    private readonly options: LearnOptions,
    private readonly weights: Weights,
    private readonly training: TrainingStep<unknown>,
    private readonly averaged: () => Arrays,
    private readonly prepared: unknown,
    saved: Checkpoint | undefined,
  ) {
    this.#epoch = saved?.epoch ?? 0;
    this.#cursor = saved?.cursor ?? 0;
    this.#step = saved?.step ?? 0;
    this.#best = saved?.best;
    this.#sinceBest = saved?.sinceBest ?? 0;
    this.#sums = { ...saved?.sums };
    this.#fresh = saved?.fresh;
    this.#secondsBefore = saved?.seconds ?? 0;
  }

  async run(): Promise<Finished> {
    const { stage, options } = this;
    const stepsAnEpoch = stage.steps(options.data, this.prepared);
    const progress = new Progress(stage.name, stage.epochs * stepsAnEpoch, this.#step, options.context.emit);
    try {
      while (this.#epoch < Math.min(stage.epochs, options.until ?? stage.epochs)) {
        if (this.#epoch >= (options.pauseAfter ?? stage.epochs)) throw new InterruptedError();
        await this.#finishEpoch(progress);
        if (this.#cursor === 0) {
          const text = `${stage.name}: no history is long enough to learn from, so that its weights stay as they were drawn.`;
          options.context.emit({ type: "warning", text });
          break;
        }
        if (await this.#judge(progress)) break;
        this.#epoch++;
        this.#cursor = 0;
        this.#sums = {};
        this.#fresh = undefined;
        await this.#saveNowAndThen();
      }
    } catch (cause) {
      if (cause instanceof InterruptedError) await this.#save();
      throw cause;
    }
    const arrays = this.#best?.parameters ?? copied(this.averaged());
    const best = this.#best && { value: this.#best.value, epoch: this.#best.epoch };
    return { artifact: { arrays }, steps: this.#step, seconds: this.#seconds(), best };
  }

  /** The rest of the current epoch's batches. */
  async #finishEpoch(progress: Progress): Promise<void> {
    const { data, earlier, key, context } = this.options;
    const epochKey = key.fold("epoch").fold(this.#epoch);
    this.#fresh ??= await this.stage.refresh?.(this.weights.arrays, data, earlier, context);
    let position = 0;
    for await (const batch of this.stage.epoch(data, earlier, epochKey, this.prepared, this.#fresh)) {
      if (position++ < this.#cursor) continue;
      this.#stopIfAsked();
      this.#step++;
      const losses = await this.training.take(batch, key.fold("step").fold(this.#step), this.#step);
      this.#cursor = position;
      for (const [name, value] of Object.entries(losses)) this.#sums[name] = (this.#sums[name] ?? 0) + value;
      progress.step(this.#epoch, this.#step, losses);
      await this.#saveNowAndThen();
    }
  }

  /** Validates when it is time; true: stop here. */
  async #judge(progress: Progress): Promise<boolean> {
    const { stage, options } = this;
    const last = this.#epoch === stage.epochs - 1;
    const epochs = this.#epoch + 1;
    const due = (epochs % stage.validateEvery === 0 && epochs >= (stage.validateFrom ?? 0)) || last;
    const means = Object.fromEntries(Object.entries(this.#sums).map(([name, sum]) => [name, sum / this.#cursor]));
    if (stage.stop === "never" || options.until !== undefined || options.validate === undefined || !due) {
      progress.epoch(this.#epoch, means);
      return false;
    }
    this.#stopIfAsked();
    const parameters = copied(this.averaged());
    const value = await options.validate({ ...options.earlier, [stage.name]: { arrays: parameters } }, stage);
    const better = this.#best === undefined || value > this.#best.value;
    if (better) this.#best = { value, epoch: this.#epoch, parameters };
    this.#sinceBest = better ? 0 : this.#sinceBest + 1;
    progress.epoch(this.#epoch, means, { metric: options.metric, value, best: better });
    return this.#sinceBest >= stage.patience;
  }

  #stopIfAsked(): void {
    if (this.options.context.signal?.aborted) throw new InterruptedError();
  }

  #seconds(): number {
    return this.#secondsBefore + (performance.now() - this.#startedAt) / 1000;
  }

  async #saveNowAndThen(): Promise<void> {
    if (performance.now() - this.#savedAt >= this.options.checkpointSeconds * 1000) await this.#save();
  }

  async #save(): Promise<void> {
    await this.options.store.saveCheckpoint(this.stage.name, {
      epoch: this.#epoch,
      cursor: this.#cursor,
      step: this.#step,
      seconds: this.#seconds(),
      parameters: this.weights.arrays,
      state: this.training.state,
      ...(this.#fresh && { fresh: this.#fresh }),
      best: this.#best,
      sinceBest: this.#sinceBest,
      sums: this.#sums,
    });
    this.#savedAt = performance.now();
    this.options.context.emit({ type: "checkpoint", stage: this.stage.name, step: this.#step });
  }
}

function copied(arrays: Arrays): Record<string, NdArray> {
  return Object.fromEntries(
    Object.entries(arrays).map(([name, array]) => [name, { ...array, data: array.data.slice() }]),
  );
}
