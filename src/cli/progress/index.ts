/** How progress is shown: as data, as bars, or as lines. */
import type { Terminal } from "../terminal.ts";
import { barReporter } from "./bars.ts";
import { jsonReporter } from "./json.ts";
import { lineReporter } from "./lines.ts";
import type { Reporter } from "./reporter.ts";

export type { Reporter } from "./reporter.ts";

export function reporterFor(terminal: Terminal, json: boolean): Reporter {
  if (json) return jsonReporter(terminal);
  return terminal.interactive ? barReporter(terminal) : lineReporter(terminal);
}
