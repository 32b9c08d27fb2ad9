/** One command line from words to exit code. Everything a command prints goes through here. */
import { InterruptedError } from "#base";
import type { Runtime } from "#tensor";
import { EXIT, exitCodeOf, failureAsJson, failureAsText } from "./failure.ts";
import { type Origins, settle } from "./flags.ts";
import { listenForInterrupts } from "./interrupt.ts";
import { type Chosen, parseArguments } from "./program.ts";
import { type Reporter, reporterFor } from "./progress/index.ts";
import { type GivenSettings, parseSet, readSettings } from "./settings.ts";
import { everywhere } from "./shared-flags.ts";
import { red, type Terminal } from "./terminal.ts";

/** Runs what `words` say and returns the exit code. */
export async function runCommandLine(words: readonly string[], terminal: Terminal): Promise<number> {
  let json = words.includes("--json"); // until flags are read, and where they cannot be
  let reporter: Reporter | undefined;
  let help = "See: deftrec --help";
  try {
    const parsed = parseArguments(words);
    if ("print" in parsed) {
      terminal.stdout(parsed.print);
      return EXIT.done;
    }
    const { chosen } = parsed;
    help = `See: deftrec ${chosen.command.name} --help`;
    const settings = await settingsOf(chosen);
    const origins: Origins = { given: chosen.given, environment: terminal.environment, file: settings.file };
    const shared = settle(chosen.command.name, everywhere, origins);
    json = shared.json ?? false;
    reporter = reporterFor(terminal, json);
    const runtime = { device: shared.device, threads: shared.threads };
    const print = json ? () => {} : terminal.stdout;
    const answer = await obey(chosen, { settings, origins, runtime, reporter, print });
    reporter.close();
    terminal.stdout(json ? `${JSON.stringify(answer.json)}\n` : `${answer.text}\n`);
    return answer.exitCode ?? EXIT.done;
  } catch (error) {
    reporter?.close();
    if (terminal.environment.DEFTREC_DEBUG && error instanceof Error) terminal.stderr(`${error.stack}\n`);
    terminal.stderr(
      `${json ? failureAsJson(error, help) : failureAsText(error, help, (text) => red(text, terminal))}\n`,
    );
    return exitCodeOf(error);
  }
}

interface Surroundings {
  readonly settings: GivenSettings;
  readonly origins: Origins;
  readonly runtime: Partial<Runtime>;
  readonly reporter: Reporter;
  readonly print: (text: string) => void;
}

async function obey({ command, positionals }: Chosen, { settings, origins, runtime, reporter, print }: Surroundings) {
  const flags = settle(command.name, command.flags, origins);
  const left = new AbortController();
  const interrupts = listenForInterrupts(() => {
    if (command.stops) reporter.say("Stopping in good order; press Ctrl-C again to leave at once.");
    else left.abort();
  });
  const { signal } = interrupts;
  const { emit, say } = reporter;
  try {
    const work = command.run({ positionals, flags, settings, runtime, emit, signal, say, print });
    return await (command.stops ? work : Promise.race([work, leaving(left.signal)]));
  } finally {
    interrupts.close();
  }
}

/** Rejects when someone leaves. */
function leaving(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(new InterruptedError("interrupted; nothing was changed.")));
  });
}

async function settingsOf({ command, given }: Chosen): Promise<GivenSettings> {
  if (!command.configurable) return { set: {} };
  // as: program.ts declares --config with a value and --set as a list
  const { config, set = [] } = given as { config?: string; set?: readonly string[] };
  const file = config === undefined ? undefined : { path: config, values: await readSettings(config) };
  return { file, set: parseSet(set) };
}
