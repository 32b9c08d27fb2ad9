/** Somewhere for events to go: closed when the command ends, however it ends. */
import type { Emit } from "#base";

export interface Reporter {
  readonly emit: Emit;
  /** Prints a line without tearing a bar. */
  say(text: string): void;
  close(): void;
}
