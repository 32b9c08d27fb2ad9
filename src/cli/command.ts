/**
 * What a command is: flags in, one answer out, as an object for programs and as text for people. Adding one is a file in
 * commands/, its test, and an export line there.
 */
import type { Emit } from "#base";
import type { Runtime } from "#tensor";
import type { Flags, Values } from "./flags.ts";
import type { GivenSettings } from "./settings.ts";

/** Something that stands without a flag: `RUN`. */
export interface Positional {
  readonly name: string;
  readonly help: string;
  /** Takes all that follow; only the last may. */
  readonly many?: boolean;
}

/** Headings of help, in their order. */
export const GROUPS = ["Start", "Data", "Models", "Answers"] as const;

export interface Command<F extends Flags = Flags> {
  readonly name: string;
  readonly group: (typeof GROUPS)[number];
  /** One line for the list of commands. */
  readonly summary: string;
  readonly positionals?: readonly Positional[];
  readonly flags: F;
  /** Takes `--config FILE` and `--set KEY=VALUE`. */
  readonly configurable?: boolean;
  /** What stands in help beside the flags, examples above all. */
  notes?(): string;
  /**
   * It listens to `call.signal` and ends in good order. The others are simply left at Ctrl-C: they change nothing.
   */
  readonly stops?: boolean;
  run(call: Call<F>): Promise<Answer>;
}

/** Everything a command is given. */
export interface Call<F extends Flags = Flags> {
  readonly positionals: readonly string[];
  readonly flags: Values<F>;
  readonly settings: GivenSettings;
  readonly runtime: Partial<Runtime>;
  readonly emit: Emit;
  readonly signal: AbortSignal;
  /** Prints for people while the command still works; silent with --json. */
  readonly say: (text: string) => void;
  /** Writes to stdout while the command still works, as it stands; silent with --json. */
  readonly print: (text: string) => void;
}

/** What a command found. */
export interface Answer {
  /** Printed with --json: what product.md says. */
  readonly json: unknown;
  /** Printed without. */
  readonly text: string;
  /** 0 unless the command says otherwise. */
  readonly exitCode?: number;
}

/** Declares a command; the types of its flags flow into `run`. */
export function defineCommand<const F extends Flags>(command: Command<F>): Command {
  return command;
}
