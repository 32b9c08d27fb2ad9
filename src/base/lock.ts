/**
 * One writer a place (a run, a search, a dataset that is being imported): a file that names a process by its id and its start time. Ids are used again, start times are not, so
 * that a dead process's lock is known as such and taken over.
 * Start times come from /proc; where there is none (macOS, Windows) a living id is believed.
 */
import { link, readFile, rm, writeFile } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";
import { CheckpointError } from "./errors.ts";
import { beside, fullDisk, isAlive, isFullDisk, removeLeftovers } from "./files.ts";

/** Who holds a lock. */
interface Holder {
  readonly pid: number;
  /** Clock ticks since the machine started; null where the system does not tell. */
  readonly startTime: string | null;
}

/** How often a lock that others are taking over is tried again, and how many milliseconds lie between. */
const ATTEMPTS = 100;
const PAUSE = 20;

/** Held until it is disposed of. */
export class Lock implements AsyncDisposable {
  private constructor(
    readonly path: string,
    private readonly content: string,
  ) {}

  /** Takes the lock at `path`; a living holder is a `CheckpointError` that names it, and says what it works on. */
  static async take(path: string, what = "run"): Promise<Lock> {
    const content = JSON.stringify({ pid: process.pid, startTime: await startTimeOf(process.pid) } satisfies Holder);
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      if (await place(path, content)) return new Lock(path, content);
      if (!(await takeAwayFromTheDead(path, what))) await setTimeout(PAUSE);
    }
    throw new CheckpointError(`${path}: the lock is taken by someone else again and again. Try once more.`, {
      code: "locked",
      file: path,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if ((await contentOf(this.path)) === this.content) await rm(this.path, { force: true });
  }
}

/** Makes the lock, whole from its first moment; false: there is one. */
async function place(path: string, content: string): Promise<boolean> {
  const whole = beside(path);
  try {
    await writeFile(whole, content);
    await link(whole, path).catch((cause: NodeJS.ErrnoException) => {
      if (cause.code === "EEXIST") throw cause;
      return writeFile(path, content, { flag: "wx" }); // a file system without links
    });
    return true;
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "EEXIST") return false;
    throw isFullDisk(cause) ? fullDisk(path, cause) : cause;
  } finally {
    await rm(whole, { force: true });
    await removeLeftovers(path);
  }
}

/**
 * Removes a lock whose holder is gone; throws when the holder lives. Between reading a dead lock and removing it someone
 * else may have replaced it by a live one, so that only the holder of a second lock may remove: it looks again, and what it
 * then finds dead nobody else changes. False: someone else is at it.
 */
async function takeAwayFromTheDead(path: string, what: string): Promise<boolean> {
  const content = await contentOf(path);
  if (content === undefined) return true; // given back meanwhile
  const holder = parsed(content);
  if (holder !== undefined && (await lives(holder))) throw held(path, holder, what);
  const guard = await Lock.take(`${path}.takeover`, what).catch((cause) => {
    if (cause instanceof CheckpointError) return undefined;
    throw cause;
  });
  if (guard === undefined) return false;
  await using _guard = guard;
  if ((await contentOf(path)) === content) await rm(path, { force: true });
  return true;
}

function contentOf(path: string): Promise<string | undefined> {
  return readFile(path, "utf8").catch(() => undefined);
}

function held(path: string, { pid }: Holder, what: string): CheckpointError {
  return new CheckpointError(
    `${path}: process ${pid} is working on this ${what}. Wait until it is done, or stop it; what it did is kept.`,
    { code: "locked", file: path, hint: `To stop it: kill -INT ${pid}` },
  );
}

function parsed(content: string): Holder | undefined {
  try {
    const value: unknown = JSON.parse(content);
    if (typeof value !== "object" || value === null || !("pid" in value) || typeof value.pid !== "number") return;
    const startTime = "startTime" in value && typeof value.startTime === "string" ? value.startTime : null;
    return { pid: value.pid, startTime };
  } catch {
    return undefined; // half-written by a process that died: nobody's
  }
}

async function lives({ pid, startTime }: Holder): Promise<boolean> {
  if (!isAlive(pid)) return false;
  const now = await startTimeOf(pid);
  return startTime === null || now === null || now === startTime;
}

/** Field 22 of /proc/PID/stat; "dead" for a process that has ended and was not yet collected by its parent. */
async function startTimeOf(pid: number): Promise<string | null> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  if (stat === undefined) return null;
  // Field 2 is the name in brackets and may hold anything; what follows its last bracket are fields 3, 4, ….
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields[0] === "Z" || fields[0] === "X" ? "dead" : fields[19];
}
