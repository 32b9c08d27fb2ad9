/** A run's log: its events as JSON lines with the time of each, in `log.jsonl`. A resumed run appends. */
import { appendFileSync, statSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { type Emit, fullDisk, isFullDisk } from "#base";

/** Between two lines about steps or progress; stages, epochs, checkpoints and warnings are always written. */
const MILLISECONDS_BETWEEN = 5000;

/** An `Emit` that writes into the run in `directory`. */
export function logTo(directory: string): Emit {
  const path = join(directory, "log.jsonl");
  let writtenAt = Number.NEGATIVE_INFINITY;
  return (event) => {
    const now = Date.now();
    if (event.type === "step" || event.type === "progress") {
      if (now - writtenAt < MILLISECONDS_BETWEEN) return;
      writtenAt = now;
    }
    // Synchronous: a line that was said must be there after a crash, and there are few.
    append(path, `${JSON.stringify({ at: new Date(now).toISOString(), ...event })}\n`);
  };
}

/** The whole line, or nothing of it. */
function append(path: string, line: string): void {
  const before = statSync(path, { throwIfNoEntry: false })?.size;
  try {
    appendFileSync(path, line);
  } catch (cause) {
    if (before !== undefined) truncateSync(path, before);
    throw isFullDisk(cause) ? fullDisk(path, cause) : cause;
  }
}
