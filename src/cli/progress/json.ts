/** Events as JSON lines on stderr, for programs. */
import type { Terminal } from "../terminal.ts";
import type { Reporter } from "./reporter.ts";

export function jsonReporter({ stderr }: Terminal): Reporter {
  return { emit: (event) => stderr(`${JSON.stringify(event)}\n`), say: () => {}, close: () => {} };
}
