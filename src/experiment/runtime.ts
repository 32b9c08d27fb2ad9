/** Where graphs run, and what they may take, when nobody says. */
import { availableParallelism, totalmem } from "node:os";
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

/** Half of what this process may use: of the machine's memory, or of its container's where that is less. */
export function memoryShare(): number {
  const constrained = process.constrainedMemory(); // 0 where nobody limits it
  return Math.floor((constrained > 0 ? Math.min(constrained, totalmem()) : totalmem()) / 2);
}
