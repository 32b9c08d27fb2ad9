/**
 * The command line as commander sees it: names, help and which words are flags. Values stay texts here; flags.ts gives
 * them types. Usage errors become `ConfigError`s, so that they are said like all others.
 */
import { Command as Commander, CommanderError, Option } from "commander";
import { ConfigError, didYouMean } from "#base";
import { versions } from "#experiment";
import { type Command, GROUPS } from "./command.ts";
import * as registry from "./commands/index.ts";
import { type Flag, type Flags, kebab } from "./flags.ts";
import { everywhere } from "./shared-flags.ts";

/** The commands, in the order of help: the life of a model. */
export const commands: readonly Command[] = Object.values(registry).sort(
  (a, b) => GROUPS.indexOf(a.group) - GROUPS.indexOf(b.group),
);

/** What the words of a command line mean. */
export interface Chosen {
  readonly command: Command;
  readonly positionals: readonly string[];
  /** Texts, lists of texts, or switches, by flag name; those of `everywhere` among them. */
  readonly given: Readonly<Record<string, unknown>>;
}

/** What to print and leave with, or what to run. */
export type Parsed = { readonly print: string } | { readonly chosen: Chosen };

/** Reads a command line. */
export function parseArguments(words: readonly string[]): Parsed {
  let chosen: Chosen | undefined;
  let printed = "";
  const program = programOf((found) => {
    chosen = found;
  });
  for (const part of [program, ...program.commands]) {
    part.exitOverride().configureOutput({ writeOut: (text) => (printed += text), writeErr: () => {} });
  }
  try {
    program.parse(words.length === 0 ? ["--help"] : words, { from: "user" });
  } catch (cause) {
    if (!(cause instanceof CommanderError)) throw cause;
    if (cause.exitCode === 0) return { print: printed };
    throw usageError(cause, program, words);
  }
  if (chosen === undefined) throw new Error("internal: the command line was read and no command was found in it");
  return { chosen };
}

function programOf(choose: (chosen: Chosen) => void): Commander {
  const program = new Commander("deftrec")
    .description("Generative recommendation: train, evaluate and ask models of who takes what next.")
    .version(versions().deftrec)
    .configureHelp({ showGlobalOptions: true })
    .helpCommand(true)
    .addHelpText(
      "after",
      "\nStart with:  deftrec demo\nFlags may also stand in the environment (--min-user is DEFTREC_MIN_USER).",
    );
  addFlags(program, everywhere);
  for (const command of commands) {
    const own = program
      .command(command.name)
      .helpGroup(`${command.group}:`)
      .description(command.summary)
      .configureHelp({ showGlobalOptions: true })
      .allowExcessArguments(false);
    for (const { name, help, many } of command.positionals ?? [])
      own.argument(many ? `<${name}...>` : `<${name}>`, help);
    addFlags(own, command.flags);
    if (command.configurable) {
      own.option("--config <FILE>", "YAML or JSON file of options");
      own.option("--set <KEY=VALUE>", "one option of the model; may stand several times", gather);
    }
    refuseFlagsAsValues(own, program);
    if (command.notes) own.addHelpText("after", () => `\n${command.notes?.()}`);
    own.action((...parts: unknown[]) => {
      const positionals = parts
        .slice(0, command.positionals?.length ?? 0)
        .flat()
        .map(String);
      choose({ command, positionals, given: own.optsWithGlobals() });
    });
  }
  return program;
}

function addFlags(to: Commander, flags: Flags): void {
  for (const [name, flag] of Object.entries(flags)) {
    if (flag.placeholder !== undefined) {
      to.addOption(new Option(`--${kebab(name)} <${flag.placeholder}>`, helpOf(flag)));
      continue;
    }
    const isDefault = flag.fallback === true;
    to.addOption(new Option(`--${kebab(name)}`, isDefault ? `${flag.help} (default)` : flag.help));
    if (isDefault || flag.negatable) to.addOption(new Option(`--no-${kebab(name)}`, "the opposite"));
  }
}

/** `--user --json`: commander would take "--json" for the id. */
function refuseFlagsAsValues(command: Commander, program: Commander): void {
  const flags = new Set([...program.options, ...command.options].flatMap(({ long }) => long ?? []));
  for (const { long, required, parseArg } of command.options) {
    if (!required || parseArg !== undefined) continue;
    command.on(`option:${(long ?? "").slice(2)}`, (text: string) => {
      if (!flags.has(text)) return;
      throw new ConfigError(`deftrec ${command.name()}: ${long} needs a value, got the flag ${text}.`, {
        code: "missing-value",
        field: long?.slice(2),
        hint: `See: deftrec ${command.name()} --help`,
      });
    });
  }
}

function helpOf({ help, fallback, needed }: Flag<unknown>): string {
  if (needed) return `${help} (needed)`;
  return fallback === undefined ? help : `${help} (default: ${String(fallback)})`;
}

function gather(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

/** Commander's complaint in our words. */
function usageError(cause: CommanderError, program: Commander, words: readonly string[]): ConfigError {
  const own = program.commands.find((command) => words.includes(command.name()));
  const name = own?.name();
  const quoted = /'([^']+)'/.exec(cause.message)?.[1] ?? "";
  const field = /--([\w-]+)/.exec(quoted)?.[1] ?? quoted;
  const see = `See: deftrec ${name === undefined ? "" : `${name} `}--help`;
  const who = name === undefined ? "deftrec" : `deftrec ${name}`;
  if (cause.code === "commander.unknownCommand") {
    const known = commands.map((command) => command.name);
    return new ConfigError(
      `unknown command "${quoted}"${didYouMean(quoted, known) || "."} Commands: ${known.join(", ")}.`,
      { code: "unknown-command", field: quoted, hint: "See: deftrec --help" },
    );
  }
  if (cause.code === "commander.unknownOption") {
    const known = [...program.options, ...(own?.options ?? [])].flatMap(({ long }) => long ?? []);
    const flag = quoted.replace(/=.*$/, "");
    return new ConfigError(`${who}: unknown flag "${flag}"${didYouMean(flag, known) || "."}`, {
      code: "unknown-flag",
      field,
      hint: see,
    });
  }
  if (cause.code === "commander.missingArgument") {
    return new ConfigError(`${who}: ${quoted} is missing.`, { code: "missing-argument", field: quoted, hint: see });
  }
  if (cause.code === "commander.optionMissingArgument") {
    return new ConfigError(`${who}: ${quoted} needs a value.`, { code: "missing-value", field, hint: see });
  }
  const message = cause.message.replace(/^error: /, "");
  return new ConfigError(`${who}: ${message}${message.endsWith(".") ? "" : "."}`, { code: "usage", hint: see });
}
