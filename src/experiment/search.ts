/**
 * `search`: a model with many configurations, chosen by validation; test is never asked. The directory of a search:
 *   search.json · lock while someone works on it · trial-001/, trial-002/, …: a run each, resumable and usable as any other
 * Interrupted and resumed, it ends as if it had never stopped: trials follow from the seed (search/trials.ts), each run
 * goes on to the same weights, and who goes on to the next rung follows from their values.
 */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { CheckpointError, DeftrecError, InterruptedError } from "#base";
import { readManifest } from "./manifest.ts";
import { alreadyThere, createDirectory, exists, isEmpty, lockIn } from "./paths.ts";
import type { TrainOptions } from "./plan.ts";
import { pauseOf, type Rung } from "./search/halving.ts";
import { readSearch, type SearchManifest, type TrialResult, writeSearch } from "./search/manifest.ts";
import { planOf, resumed, type SearchOptions, started } from "./search/plan.ts";
import { reportOf, type SearchReport } from "./search/report.ts";
import type { Trial } from "./search/trials.ts";
import { RunStore } from "./store.ts";
import { trainRun } from "./train.ts";

/** Trains every trial and says which is best; interrupted, it leaves what `resume` continues. */
export async function search(options: SearchOptions): Promise<SearchReport> {
  const { out } = options;
  const old = await searchAt(out, options.resume ?? false);
  const manifest = old === undefined ? await started(options) : await resumed(old, options);
  const { trials, rungs } = planOf(manifest, options.emit);
  if (old === undefined) await createDirectory(out, "search", (directory) => writeSearch(directory, manifest));
  await using _lock = await lockIn(out, "search", old === undefined);
  const work = new Search(options, manifest, trials, rungs);
  try {
    return await work.run();
  } catch (cause) {
    if (old === undefined && !(cause instanceof InterruptedError) && !(await work.begun())) {
      await rm(out, { recursive: true }); // nothing to resume
    }
    throw cause;
  }
}

class Search {
  readonly #results: Map<string, TrialResult>;

  constructor(
    private readonly options: SearchOptions,
    private readonly manifest: SearchManifest,
    private readonly trials: readonly Trial[],
    private readonly rungs: readonly Rung[],
  ) {
    this.#results = new Map(manifest.results.map((result) => [result.trial, result]));
  }

  /** Whether there is anything to resume. */
  async begun(): Promise<boolean> {
    return this.#results.size > 0 || (await exists(join(this.options.out, this.trials[0].name)));
  }

  async run(): Promise<SearchReport> {
    const { options, rungs } = this;
    let alive = this.trials;
    for (let at = 0; at < rungs.length; at++) {
      for (const [place, trial] of alive.entries()) {
        if (this.#known(trial, at)) continue;
        options.emit?.({ type: "message", text: this.#sentence(trial, at, place, alive.length) });
        this.#results.set(trial.name, await this.#trained(trial, at));
        await this.#write();
      }
      if (at + 1 < rungs.length) alive = this.#best(alive, at).slice(0, rungs[at + 1].trials);
    }
    const [best] = this.#ordered();
    if (best?.failed !== undefined || best === undefined) throw nothingTrained(options.out, best?.failed);
    await this.#write(best.trial);
    return reportOf(options.out, this.manifest, this.trials, rungs, this.#ordered());
  }

  /** Those that reached a rung, by their values there: what came later, before an interrupt, does not count. */
  #best(trials: readonly Trial[], rung: number): Trial[] {
    const reached = ({ name }: Trial) => this.#results.get(name)?.values[rung];
    return trials.filter((trial) => reached(trial) !== undefined).sort((a, b) => (reached(b) ?? 0) - (reached(a) ?? 0)); // equal ones stay as they were drawn
  }

  #known(trial: Trial, rung: number): boolean {
    const result = this.#results.get(trial.name);
    return result !== undefined && (result.failed !== undefined || result.values.length > rung);
  }

  /** Trains up to a rung; what was interrupted before goes on. */
  async #trained(trial: Trial, rung: number): Promise<TrialResult> {
    const { options, manifest, rungs } = this;
    const run = join(options.out, trial.name);
    const before = this.#results.get(trial.name)?.values ?? [];
    const epochs = pauseOf(trial, rungs[rung]);
    const pauseAfter = trial.paced && epochs !== undefined ? { stage: trial.paced.name, epochs } : undefined;
    const told = { trial: trial.name, config: { ...trial.given } };
    try {
      await trainRun(this.#runOptions(run, trial, await exists(run)), { dataset: manifest.dataset, pauseAfter });
    } catch (cause) {
      if (cause instanceof InterruptedError && options.signal?.aborted) throw interrupted(options.out, cause);
      if (isHopeless(cause)) return { ...told, values: before, seconds: 0, finished: false, failed: cause.message };
      if (!(cause instanceof InterruptedError)) throw cause;
    }
    const { summary, seconds } = await readManifest(run);
    const last = rung === rungs.length - 1;
    const value = last ? summary?.best.value : await valueAt(run, trial);
    if (value === undefined) throw new Error(`internal: ${run} was trained and has no value`);
    return {
      ...told,
      values: [...before, value],
      seconds: summary?.seconds ?? seconds,
      finished: summary !== undefined,
    };
  }

  #runOptions(run: string, { given }: Trial, begun: boolean): TrainOptions {
    const { runtime, memoryBytes, checkpointSeconds, emit, signal } = this.options;
    const always = { out: run, resume: true, memoryBytes, checkpointSeconds, emit, signal };
    const { model, seed, maskHistory, split, device } = this.manifest;
    if (begun) return { ...always, runtime };
    return { ...always, model, config: given, seed, maskHistory, split, runtime: { ...runtime, device } };
  }

  /** Who went further stands before who stopped earlier; then the better; then the earlier drawn. */
  #ordered(): TrialResult[] {
    const drawn = this.trials.flatMap(({ name }) => this.#results.get(name) ?? []);
    return drawn.sort(
      (a, b) =>
        Number(a.failed !== undefined) - Number(b.failed !== undefined) ||
        b.values.length - a.values.length ||
        (b.values.at(-1) ?? 0) - (a.values.at(-1) ?? 0),
    );
  }

  async #write(best?: string): Promise<void> {
    const results = this.trials.flatMap(({ name }) => this.#results.get(name) ?? []);
    const state = best === undefined ? this.manifest.state : "finished";
    await writeSearch(this.options.out, { ...this.manifest, state, best: best ?? this.manifest.best, results });
  }

  #sentence({ name, given }: Trial, rung: number, place: number, of: number): string {
    const config = Object.entries(given).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
    const round = this.rungs.length === 1 ? "" : `, rung ${rung + 1} of ${this.rungs.length}`;
    return `${name} (${place + 1} of ${of}${round}): ${config.join(" ") || "defaults"}`;
  }
}

/** The search that is at `out`, undefined where a new one may be made. */
async function searchAt(out: string, resume: boolean): Promise<SearchManifest | undefined> {
  if (!(await exists(out))) return undefined;
  if (resume) return (await isEmpty(out)) ? undefined : readSearch(out);
  throw alreadyThere(out, "search");
}

/** A trial's best validation so far, in the stage that it is paused in. */
async function valueAt(run: string, { paced }: Trial): Promise<number | undefined> {
  if (paced === undefined) return undefined;
  const store = new RunStore(run);
  return ((await store.finished(paced.name)) ?? (await store.checkpoint(paced.name)))?.best?.value;
}

/** What says that this configuration cannot be trained here, and nothing about the others. */
function isHopeless(cause: unknown): cause is DeftrecError {
  return cause instanceof DeftrecError && ["nan-weights", "nan-scores", "too-much-memory"].includes(cause.code);
}

function interrupted(out: string, cause: unknown): InterruptedError {
  return new InterruptedError(`${out}: interrupted. Finished trials and the checkpoint of this one are kept.`, {
    hint: `Continue with: deftrec search --resume --out ${out}`,
    cause,
  });
}

function nothingTrained(out: string, reason: string | undefined): CheckpointError {
  return new CheckpointError(`${out}: none of the trials can be trained. The first one: ${reason}`, {
    code: "no-trial",
    file: out,
  });
}
