/** Where graphs run when nobody says. */
import { availableParallelism } from "node:os";
import type { Runtime } from "#tensor";

/** Beyond these the models of a single machine's size gain nothing, and other work starves. */
const MOST_THREADS = 8;

/** `given` with the rest filled in: the CPU, with its cores. */
export function runtimeOf(given: Partial<Runtime> = {}): Runtime {
  return {
    device: given.device ?? "cpu",
    threads: given.threads ?? Math.min(MOST_THREADS, availableParallelism()),
  };
}
