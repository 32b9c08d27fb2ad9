/**
 * States that were computed before, float16, by the hash of what was read: thousands of them a file, files are only added.
 * A pass that stops midway has lost at most what it had not yet written; whoever computes the same twice finds it.
 */
import { createHash } from "node:crypto";
import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { CheckpointError } from "#base";
import { type NdArray, readSafetensors, uint8, writeSafetensors } from "#tensor";

/** Bytes of a name: a hash cut to where collisions are not to be feared. */
const NAME_BYTES = 16;
/** States of a file at most. */
const MOST_IN_FILE = 8192;

export class KeptStates {
  readonly #states = new Map<string, Uint16Array>(); // float16 [D] each
  #fresh: { readonly name: string; readonly state: Uint16Array }[] = [];

  private constructor(
    private readonly directory: string,
    readonly dim: number,
  ) {}

  /** What `directory` holds; damaged files are removed, because what was in them can be computed again. */
  static async open(directory: string, dim: number): Promise<KeptStates> {
    const kept = new KeptStates(directory, dim);
    await mkdir(directory, { recursive: true });
    for (const file of (await readdir(directory)).filter((name) => name.endsWith(".safetensors")).sort()) {
      const path = join(directory, file);
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
    if (this.#fresh.length >= MOST_IN_FILE) await this.write();
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
