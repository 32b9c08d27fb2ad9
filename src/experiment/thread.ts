/**
 * Runs a job in a thread of its own, so that progress, Ctrl-C and a server stay alive while ONNX Runtime computes
 * (its `run` blocks the thread it is called from). Events are posted back; an interrupt is a flag in shared memory that
 * the trainer reads between steps.
 */
import { Worker } from "node:worker_threads";
import type { Emit, Event } from "#base";
import type { Job, JobResult } from "./job.ts";
import { type PackedError, unpackError } from "./packed-error.ts";

/** What a thread is started with. */
export interface ThreadInput {
  readonly job: Job;
  /** One element: 1 once someone asked to stop. */
  readonly stop: Int32Array;
}

/** What a thread says. */
export type ThreadMessage =
  | { readonly type: "event"; readonly event: Event }
  | { readonly type: "done"; readonly result: JobResult }
  | { readonly type: "failed"; readonly error: PackedError };

/** Runs `job` elsewhere and waits for it. */
export async function inThread(job: Job, emit: Emit, signal?: AbortSignal): Promise<JobResult> {
  const stop = new Int32Array(new SharedArrayBuffer(4));
  const interrupt = () => Atomics.store(stop, 0, 1);
  if (signal?.aborted) interrupt();
  signal?.addEventListener("abort", interrupt, { once: true });
  const input: ThreadInput = { job, stop };
  // No execArgv: flags of this process (a test runner's loaders, say) are not meant for the built file.
  const report = (event: Event, reject: (cause: unknown) => void) => {
    try {
      emit(event);
    } catch (cause) {
      reject(cause); // thrown out of a listener it would end the process
    }
  };
  const worker = new Worker(workerFile(import.meta.url), { workerData: input, execArgv: [] });
  const ended = new Promise<void>((resolve) => worker.once("exit", () => resolve()));
  try {
    return await new Promise<JobResult>((resolve, reject) => {
      worker.on("message", (message: ThreadMessage) => {
        if (message.type === "done") resolve(message.result);
        else if (message.type === "failed") reject(unpackError(message.error));
        else report(message.event, reject);
      });
      worker.on("error", reject);
      worker.on("exit", (code) =>
        reject(new Error(`internal: the training thread ended without a word (code ${code})`)),
      );
    });
  } finally {
    signal?.removeEventListener("abort", interrupt);
    // Asked, never terminated: a thread ended inside ONNX Runtime's run may take the process with it.
    interrupt();
    await ended;
  }
}

/** The built worker beside this file; tests run from src/, where Node.js cannot load TypeScript: they take dist/'s. */
function workerFile(here: string): URL {
  return here.endsWith(".ts") ? new URL("../../dist/experiment/worker.js", here) : new URL("./worker.js", here);
}
