/** The far side of thread.ts: runs the job it is started with. */
import { parentPort, workerData } from "node:worker_threads";
import { runJob } from "./job.ts";
import { packError } from "./packed-error.ts";
import type { ThreadInput, ThreadMessage } from "./thread.ts";

const { job, stop } = workerData as ThreadInput; // as: only thread.ts starts this file
const post = (message: ThreadMessage) => parentPort?.postMessage(message);
const interrupt = {
  get aborted() {
    return Atomics.load(stop, 0) === 1;
  },
};

try {
  post({ type: "done", result: await runJob(job, (event) => post({ type: "event", event }), interrupt) });
} catch (error) {
  post({ type: "failed", error: packError(error) });
}
