/**
 * The same run, open in a second thread, which scores every other batch: several experts and a re-ranker work in JavaScript,
 * where the threads of ONNX Runtime are no help. Batches are those of one thread, so that scores are, too, to the last bit.
 */
import { Worker } from "node:worker_threads";
import type { Key } from "#random";
import type { Profile, Ranker } from "#recommender";
import type { Runtime } from "#tensor";
import { type PackedError, unpackError } from "./packed-error.ts";

/** What a companion is started with. */
export interface CompanionInput {
  readonly run: string;
  /** Options that were said over the run's own. */
  readonly answering: Readonly<Record<string, unknown>>;
  readonly runtime: Runtime;
}

/** Whom it is asked about; "go" to end. */
export type CompanionRequest =
  | "go"
  | {
      readonly profiles: readonly Profile[];
      readonly items?: Int32Array | undefined;
      readonly only?: readonly string[] | undefined;
    };

/** What it says: first that it is open, then an answer a request. */
export type CompanionMessage =
  | { readonly type: "open" }
  | { readonly type: "scores"; readonly scores: Scores }
  | { readonly type: "failed"; readonly error: PackedError };

type Scores = Readonly<Record<string, Float32Array>>;

/** The far thread. */
export class Companion implements AsyncDisposable {
  readonly #worker: Worker;
  readonly #ended: Promise<void>;
  #open = false;
  /** Kept until someone asks; a thread that failed once is not asked again. */
  #failure: Error | undefined;
  #waiting: { resolve(scores: Scores): void; reject(cause: Error): void } | undefined;

  constructor(input: CompanionInput) {
    this.#worker = new Worker(workerFile(import.meta.url), { workerData: input, execArgv: [] });
    this.#ended = new Promise((resolve) => this.#worker.once("exit", () => resolve()));
    this.#worker.on("message", (message: CompanionMessage) => {
      if (message.type === "open") this.#open = true;
      else if (message.type === "failed") this.#fail(unpackError(message.error));
      else this.#answer(message.scores);
    });
    this.#worker.on("error", (cause) => this.#fail(cause instanceof Error ? cause : new Error(String(cause))));
    this.#worker.on("exit", (code) =>
      this.#fail(new Error(`internal: the companion ended without a word (code ${code})`)),
    );
  }

  /** Whether it can be asked now: it has read the run, or has failed to, which asking tells. */
  get isFree(): boolean {
    return this.#failure !== undefined || (this.#open && this.#waiting === undefined);
  }

  /** What `Ranker.score` says of these profiles; one question at a time. */
  score(profiles: readonly Profile[], items?: Int32Array, only?: readonly string[]): Promise<Scores> {
    return new Promise<Scores>((resolve, reject) => {
      if (this.#failure !== undefined) return reject(this.#failure);
      this.#waiting = { resolve, reject };
      // Copied: of a view into all histories, all would go over.
      const copied = profiles.map((profile) => ({ ...profile, history: profile.history.slice() }));
      this.#ask({ profiles: copied, items, only });
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ask("go"); // asked, never terminated: a thread ended inside ONNX Runtime's run may take the process with it
    await this.#ended;
  }

  #answer(scores: Scores): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.resolve(scores);
  }

  #ask(request: CompanionRequest): void {
    this.#worker.postMessage(request);
  }

  #fail(cause: Error): void {
    this.#failure ??= cause;
    this.#waiting?.reject(this.#failure);
  }
}

/** Fewer users are answered before a companion has read the run. */
const WORTHWHILE = 2000;

/** A ranker for a long work; disposed of, it leaves the model open that it came from. */
export interface Company extends AsyncDisposable {
  readonly ranker: Ranker;
}

/** The model's ranker for so many users: with a companion where the model works in JavaScript and a core is free. */
export function companyFor(
  model: CompanionInput & { readonly pipeline: { readonly ranker: Ranker } },
  users: number,
): Company {
  const { run, answering, pipeline, runtime } = model;
  const { ranker } = pipeline;
  const inJavaScript = ranker.base !== undefined || Object.keys(ranker.experts ?? {}).length > 1;
  if (!inJavaScript || users < WORTHWHILE || runtime.threads < 2 || runtime.device !== "cpu") {
    return { ranker, [Symbol.asyncDispose]: async () => {} };
  }
  const companion = new Companion({ run, answering, runtime: { ...runtime, threads: 1 } });
  return { ranker: accompanied(ranker, companion), [Symbol.asyncDispose]: () => companion[Symbol.asyncDispose]() };
}

/** Both at work on whole batches, the same ones as without a companion: a batch is scored there where nobody asks, else here. */
export function accompanied(ranker: Ranker, companion: Companion): Ranker {
  const both: Ranker<{ readonly profile: Profile; readonly key: Key }> = {
    ...(ranker.experts && { experts: ranker.experts }),
    ...(ranker.readsAnswer && { readsAnswer: true }),
    batches: 2,
    encode: async (profiles, key) => profiles.map((profile) => ({ profile, key })),
    score: async (states, items, only) => {
      const profiles = states.map(({ profile }) => profile);
      if (companion.isFree) return companion.score(profiles, items, only);
      return ranker.score(await ranker.encode(profiles, states[0].key), items, only);
    },
    [Symbol.asyncDispose]: async () => {},
  };
  return both as Ranker; // as: whoever scores hands back the states it was given
}

/** The built worker beside this file; tests run from src/, where Node.js cannot load TypeScript: they take dist/'s. */
function workerFile(here: string): URL {
  const name = "companion-worker.js";
  return here.endsWith(".ts") ? new URL(`../../dist/experiment/${name}`, here) : new URL(`./${name}`, here);
}
