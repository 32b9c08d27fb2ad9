/**
 * States that were computed before, float16, by the hash of what was read: thousands of them a file, files are only added.
 * A pass that stops midway has lost at most what it had not yet written; whoever computes the same twice finds it.
 * A service asks for new histories as long as it runs, and a nightly job adds to the same directory: neither grows for ever.
 */
import { createHash } from "node:crypto";
import { mkdir, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { CheckpointError } from "#base";
import { type NdArray, readSafetensors, uint8, writeSafetensors } from "#tensor";

/** Bytes of a name: a hash cut to where collisions are not to be feared. */
const NAME_BYTES = 16;
/** States of a file at most. */
const MOST_IN_FILE = 8192;

/** Bytes of states at most. */
export interface KeptBounds {
  /** In the directory: beyond it the files written longest ago are removed when it is opened. */
  readonly onDisk: number;
  /** In memory, of those that were added since: beyond it the ones added longest ago stay on disk alone. */
  readonly added: number;
}

const BOUNDS: KeptBounds = { onDisk: 2 ** 32, added: 2 ** 28 };

export class KeptStates {
  readonly #states = new Map<string, Uint16Array>(); // float16 [D] each
  #fresh: { readonly name: string; readonly state: Uint16Array }[] = [];
  #added: string[] = [];
  #users = 0;

  private constructor(
    private readonly directory: string,
    readonly dim: number,
    private readonly mostAdded: number,
  ) {}

  /** What `directory` holds; damaged files are removed, because what was in them can be computed again. */
  static async open(directory: string, dim: number, bounds = BOUNDS): Promise<KeptStates> {
    const kept = new KeptStates(directory, dim, bounds.added);
    await mkdir(directory, { recursive: true });
    for (const path of await newestFiles(directory, bounds.onDisk)) {
      try {
        kept.#take((await readSafetensors(path)).arrays);
      } catch (cause) {
        if (!(cause instanceof CheckpointError)) throw cause;
        await rm(path, { force: true });
      }
    }
    return kept;
  }

  /** How many states there are. */
  get count(): number {
    return this.#states.size;
  }

  /** float16 [D], undefined where nothing of that name was kept. */
  get(name: string): Uint16Array | undefined {
    return this.#states.get(name);
  }

  /** Keeps a state; it is on disk after the next `write`, or when a file's worth has gathered. */
  async add(name: string, state: Uint16Array): Promise<void> {
    if (this.#states.has(name)) return;
    this.#states.set(name, state);
    this.#fresh.push({ name, state });
    this.#added.push(name);
    if (this.#fresh.length >= MOST_IN_FILE) await this.write();
  }

  /** What `use` makes of states; nothing that it finds or adds is let go of before it has ended. */
  async during<T>(use: () => Promise<T>): Promise<T> {
    this.#users++;
    try {
      return await use();
    } finally {
      this.#users--;
      await this.#letGo();
    }
  }

  /** Beyond the bound memory gives up the older half of what was added. */
  async #letGo(): Promise<void> {
    const rows = Math.floor(this.mostAdded / (2 * this.dim));
    if (this.#users > 0 || this.#added.length <= rows) return;
    await this.write();
    if (this.#users > 0) return; // somebody came while it was written
    const names = this.#added.splice(0, this.#added.length - Math.floor(rows / 2));
    for (const name of names) this.#states.delete(name);
  }

  /** Writes what is not yet on disk, as one new file. */
  async write(): Promise<void> {
    const fresh = this.#fresh;
    if (fresh.length === 0) return;
    this.#fresh = [];
    const names = new Uint8Array(fresh.length * NAME_BYTES);
    const states = new Uint16Array(fresh.length * this.dim);
    fresh.forEach(({ name, state }, row) => {
      names.set(Buffer.from(name, "hex"), row * NAME_BYTES);
      states.set(state, row * this.dim);
    });
    const file = createHash("sha256")
      .update(names)
      .digest("hex")
      .slice(0, 2 * NAME_BYTES);
    await writeSafetensors(join(this.directory, `${file}.safetensors`), {
      names: uint8(names, [fresh.length, NAME_BYTES]),
      states: uint8(new Uint8Array(states.buffer), [fresh.length, 2 * this.dim]),
    });
  }

  #take({ names, states }: Readonly<Record<string, NdArray | undefined>>): void {
    const rows = names?.shape[0] ?? 0;
    if (names === undefined || states?.shape[0] !== rows || states.shape[1] !== 2 * this.dim) {
      throw new CheckpointError(`${this.directory}: a file of states has another layout.`, { file: this.directory });
    }
    // as: bytes by the layout; copied, so that they begin where halves may
    const halves = new Uint16Array((states.data as Uint8Array).slice().buffer);
    const hashes = Buffer.from(names.data as Uint8Array);
    for (let row = 0; row < rows; row++) {
      const name = hashes.toString("hex", row * NAME_BYTES, (row + 1) * NAME_BYTES);
      this.#states.set(name, halves.subarray(row * this.dim, (row + 1) * this.dim));
    }
  }
}

/** The directory's files, oldest first; those that do not fit into `most` bytes beside newer ones are removed. */
async function newestFiles(directory: string, most: number): Promise<string[]> {
  const names = (await readdir(directory)).filter((name) => name.endsWith(".safetensors"));
  const files = await Promise.all(
    names.map(async (name) => {
      const path = join(directory, name);
      const { size, mtimeMs } = await stat(path);
      return { path, size, mtimeMs };
    }),
  );
  files.sort((a, b) => b.mtimeMs - a.mtimeMs || (a.path < b.path ? -1 : 1));
  let bytes = 0;
  const kept: string[] = [];
  for (const { path, size } of files) {
    bytes += size;
    if (bytes <= most) kept.push(path);
    else await rm(path, { force: true });
  }
  return kept.reverse();
}

/** The name of what follows from these numbers, and of every beginning of them that `cuts` (ascending) end. */
export function namesOf(ids: ArrayLike<number>, cuts: readonly number[]): string[] {
  const hash = createHash("sha256");
  let from = 0;
  return cuts.map((cut) => {
    hash.update(new Uint8Array(Int32Array.from({ length: cut - from }, (_, at) => ids[from + at]).buffer));
    from = cut;
    return hash
      .copy()
      .digest("hex")
      .slice(0, 2 * NAME_BYTES);
  });
}
