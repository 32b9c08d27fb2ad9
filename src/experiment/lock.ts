/**
 * One writer a run: a file that names a process by its id and its start time. Ids are used again, start times are not, so
 * that a dead process's lock is known as such and taken over.
 * Start times come from /proc; where there is none (macOS, Windows) a living id is believed.
 */
import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";
import { beside, CheckpointError } from "#base";

/** Who holds a lock. */
interface Holder {
  readonly pid: number;
  /** Clock ticks since the machine started; null where the system does not tell. */
  readonly startTime: string | null;
}

/** How often a lock that changes under our eyes is looked at again. */
const ATTEMPTS = 10;

/** Held until it is disposed of. */
export class Lock implements AsyncDisposable {
  private constructor(
    readonly path: string,
    private readonly content: string,
  ) {}

  /** Takes the lock at `path`; a living holder is a `CheckpointError` that names it. */
  static async take(path: string): Promise<Lock> {
    const content = JSON.stringify({ pid: process.pid, startTime: await startTimeOf(process.pid) } satisfies Holder);
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const taken = await writeFile(path, content, { flag: "wx" }).then(
        () => true,
        (cause: NodeJS.ErrnoException) => {
          if (cause.code === "EEXIST") return false;
          throw cause;
        },
      );
      if (taken) return new Lock(path, content);
      await takeAwayFromTheDead(path);
    }
    throw new CheckpointError(`${path}: the lock is taken by someone else again and again. Try once more.`, {
      code: "locked",
      file: path,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const now = await readFile(this.path, "utf8").catch(() => undefined);
    if (now === this.content) await rm(this.path, { force: true });
  }
}

/** Removes a lock whose holder is gone; throws when the holder lives. */
async function takeAwayFromTheDead(path: string): Promise<void> {
  const content = await settled(path);
  if (content === undefined) return;
  const holder = parsed(content);
  if (holder !== undefined && (await lives(holder))) {
    throw new CheckpointError(
      `${path}: process ${holder.pid} is working on this run. Wait until it is done, or stop it; what it did is kept.`,
      { code: "locked", file: path, hint: `To stop it: kill -INT ${holder.pid}` },
    );
  }
  // Aside first and looked at there: between our reading and our renaming someone else may have taken it over.
  const aside = beside(path);
  const moved = await rename(path, aside).then(
    () => true,
    () => false,
  );
  if (!moved) return;
  const found = await readFile(aside, "utf8");
  if (found !== content) await writeFile(path, found, { flag: "wx" }).catch(() => {});
  await rm(aside, { force: true });
}

/** The content of a lock; one that is being written is waited for, briefly. Undefined: it is gone. */
async function settled(path: string): Promise<string | undefined> {
  for (let attempt = 0; ; attempt++) {
    const content = await readFile(path, "utf8").catch(() => undefined);
    if (content === undefined || parsed(content) !== undefined || attempt === 4) return content;
    await setTimeout(50);
  }
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
  try {
    process.kill(pid, 0);
  } catch (cause) {
    // EPERM: it is there, and someone else's.
    if (!(cause instanceof Error && "code" in cause && cause.code === "EPERM")) return false;
  }
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
