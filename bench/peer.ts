/** The other side: a process that answers JSON lines, PyTorch in Python (peers/peer.py) or llama.cpp in Node (peers/llama.mjs). */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Subject, Timed, Twin } from "./bench.ts";

// Compiled, this file lies in bench/.build/.
const peers = new URL("../peers/", import.meta.url);

/** The peer is not there, or the twin does not run: told as a reason, never as a failure of the bench. */
export class NoPeer extends Error {}

/** What the process says about itself. */
export interface About {
  /** Whose side it is, with its version. */
  readonly peer: string;
  readonly threads: number;
  readonly capability: string;
}

export class Peer implements AsyncDisposable {
  readonly #answers: AsyncIterator<string>;
  #stderr = "";

  private constructor(private readonly process: ChildProcess) {
    if (process.stdout === null || process.stderr === null) throw new Error("internal: the peer has no pipes");
    this.#answers = createInterface({ input: process.stdout })[Symbol.asyncIterator]();
    // A process that died closes its input first: `ask` says so from the missing answer, the broken pipe adds nothing.
    process.stdin?.on("error", () => {});
    process.stderr.on("data", (chunk) => {
      this.#stderr = `${this.#stderr}${chunk}`.slice(-4000);
    });
  }

  /** Starts the twin of a bench; `NoPeer` says why there is none. */
  static async start(bench: string, threads: number, twin: Twin = "python"): Promise<{ peer: Peer; about: About }> {
    const program = twin === "python" ? pythonOf() : nodeOf();
    const script = `${bench}.${twin === "python" ? "py" : "mjs"}`;
    const child = spawn(program, [fileURLToPath(new URL(script, peers)), String(threads)], {
      stdio: ["pipe", "pipe", "pipe"],
      env: { ...process.env, PYTHONDONTWRITEBYTECODE: "1" },
    });
    const missing = once(child, "error").then(([cause]) => {
      throw new NoPeer(`${twin === "python" ? "DEFTREC_PEER_PYTHON: " : ""}${String(cause)}`);
    });
    const peer = new Peer(child);
    const about = await Promise.race([peer.ask<About>({ command: "about" }), missing]);
    return { peer, about };
  }

  /** Sends a command and waits for its answer. */
  async ask<T>(request: Readonly<Record<string, unknown>>): Promise<T> {
    this.process.stdin?.write(`${JSON.stringify(request)}\n`);
    const { value, done } = await this.#answers.next();
    if (done) throw new NoPeer(`the twin ended: ${lastLine(this.#stderr)}`);
    const answer: unknown = JSON.parse(value);
    if (typeof answer === "object" && answer !== null && "error" in answer) throw new NoPeer(String(answer.error));
    return answer as T; // peers/peer.py answers each command in one form, stated at its head
  }

  /** Builds the twin from the arrays of `file`; several may live in one process, by name. */
  async open(name: string, file: string, options: Readonly<Record<string, unknown>>): Promise<Subject> {
    await this.ask({ command: "open", name, file, options });
    return {
      run: (steps) => this.ask<Timed>({ command: "run", name, steps }),
      [Symbol.asyncDispose]: async () => {
        await this.ask({ command: "close", name });
      },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const ended = once(this.process, "exit");
    this.process.stdin?.end();
    await ended;
  }
}

function pythonOf(): string {
  const python = process.env.DEFTREC_PEER_PYTHON;
  if (python !== undefined && python !== "") return python;
  throw new NoPeer("DEFTREC_PEER_PYTHON names no Python that has PyTorch (bench/README.md says how to make one)");
}

function nodeOf(): string {
  if (existsSync(new URL("node_modules", peers))) return process.execPath;
  throw new NoPeer("bench/peers has no packages (run: npm ci --ignore-scripts --prefix bench/peers)");
}

function lastLine(text: string): string {
  return text.trim().split("\n").at(-1) || "it said nothing";
}
