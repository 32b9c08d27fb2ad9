/**
 * Flags as values with types: each is declared once with its help, its default and how it is read; the same declaration
 * serves the command line, the environment (`--min-user` is DEFTREC_MIN_USER) and configuration files, in this order.
 */
import { ConfigError, DataError } from "#base";

/** One flag of a command. */
export interface Flag<T> {
  /** What stands for the value in help; absent: a switch, on or off. */
  readonly placeholder?: string;
  readonly help: string;
  readonly fallback?: T;
  /** Not giving it anywhere is an error. */
  readonly needed?: boolean;
  /** A switch that also comes as `--no-name`; always so where it is on by default. */
  readonly negatable?: boolean;
  /** What is accepted, for the error when it is not. */
  readonly expected: string;
  /** The value of a text; undefined where the text is not acceptable (or an error of its own). */
  read(text: string): T | undefined;
}

export type Flags = Readonly<Record<string, Flag<unknown>>>;

/** The values of flags: what is needed or has a default is there. */
export type Values<F extends Flags> = { readonly [K in keyof F]: F[K] extends Flag<infer T> ? T : never };

/** Any text. */
export function text(placeholder: string, help: string): Flag<string | undefined> {
  return { placeholder, help, expected: "a text", read: (given) => given };
}

/** One of several words. */
export function choice<const T extends string>(words: readonly T[], help: string): Flag<T | undefined> {
  const read = (given: string) => words.find((word) => word === given);
  return { placeholder: words.join("|"), help, expected: words.join(" or "), read };
}

/** A whole number. */
export function integer(help: string, least = 0): Flag<number | undefined> {
  const read = (given: string) => wholeNumber(given, least);
  return { placeholder: "N", help, expected: `a whole number from ${least} up`, read };
}

/** A number from `least` to `most`. */
export function number(
  help: string,
  least = Number.NEGATIVE_INFINITY,
  most = Number.POSITIVE_INFINITY,
): Flag<number | undefined> {
  const read = (given: string) => {
    const value = given.trim() === "" ? Number.NaN : Number(given);
    return value >= least && value <= most ? value : undefined;
  };
  return { placeholder: "X", help, expected: `a number${rangeOf(least, most)}`, read };
}

/** How a range is said: "", " from 1 up", " to 5", " from 1 to 5". */
function rangeOf(least: number, most: number): string {
  const from = Number.isFinite(least) ? ` from ${least}` : "";
  if (Number.isFinite(most)) return `${from} to ${most}`;
  return from && `${from} up`;
}

/** Memory in bytes: a number with its unit, 1 kB being 1,000 bytes. */
export function memory(help: string): Flag<number | undefined> {
  const read = (given: string) => {
    const [, amount, unit] = /^\s*(\d+(?:\.\d+)?)\s*([kmgt])b\s*$/i.exec(given) ?? [];
    return unit === undefined
      ? undefined
      : Math.round(Number(amount) * 1000 ** ("kmgt".indexOf(unit.toLowerCase()) + 1));
  };
  return { placeholder: "SIZE", help, expected: "a size such as 500MB or 4GB", read };
}

/** Whole numbers with commas between them. */
export function integers(help: string, least = 0): Flag<readonly number[] | undefined> {
  const read = (given: string) => {
    const found = given.split(",").map((part) => wholeNumber(part, least));
    return found.every((part) => part !== undefined) ? found : undefined;
  };
  return { placeholder: "N,N,…", help, expected: `whole numbers from ${least} up with commas between them`, read };
}

/** Numbers with commas between them. */
export function numbers(help: string): Flag<readonly number[] | undefined> {
  const { read } = number(help);
  const readAll = (given: string) => {
    const found = given.split(",").map(read);
    return found.every((part) => part !== undefined) ? found : undefined;
  };
  return { placeholder: "X,X,…", help, expected: "numbers with commas between them", read: readAll };
}

/** Ids with commas between them; nothing is an empty list. */
export function ids(help: string): Flag<readonly string[] | undefined> {
  const read = (given: string) =>
    given
      .split(",")
      .map((id) => id.trim())
      .filter((id) => id !== "");
  return { placeholder: "ID,ID,…", help, expected: "ids with commas between them", read };
}

/** On or off: `--name`, and `--no-name` where it is on by default. */
export function onOff(help: string, fallback?: boolean): Flag<boolean | undefined> {
  const words: Readonly<Record<string, boolean>> = {
    true: true,
    yes: true,
    1: true,
    false: false,
    no: false,
    0: false,
  };
  return { help, fallback, expected: "true or false", read: (given) => words[given.toLowerCase()] };
}

/** The same flag with a default. */
export function withDefault<T>(flag: Flag<T | undefined>, fallback: NoInfer<T>): Flag<T> {
  return { ...(flag as Flag<T>), fallback }; // as: with a fallback it is never undefined
}

/** The same flag, refusing to be left out. */
export function needed<T>(flag: Flag<T | undefined>): Flag<T> {
  return { ...(flag as Flag<T>), needed: true }; // as: left out, it is an error and no value
}

function wholeNumber(given: string, least: number): number | undefined {
  const value = /^\s*[+-]?\d+\s*$/.test(given) ? Number(given) : Number.NaN;
  return Number.isSafeInteger(value) && value >= least ? value : undefined;
}

/** Where values come from, the first that has one counts. */
export interface Origins {
  /** The command line: texts, lists of them, or switches. */
  readonly given: Readonly<Record<string, unknown>>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly file?: { readonly path: string; readonly values: Readonly<Record<string, unknown>> };
}

/** Values for all of a command's flags. */
export function settle<F extends Flags>(command: string, flags: F, origins: Origins): Values<F> {
  const entries = Object.entries(flags).map(([name, flag]) => [name, settleOne(command, name, flag, origins)]);
  return Object.fromEntries(entries) as Values<F>; // as: one entry a flag, of its own type
}

function settleOne(command: string, name: string, flag: Flag<unknown>, origins: Origins): unknown {
  const { given, environment, file } = origins;
  const long = `--${kebab(name)}`;
  if (given[name] !== undefined) return read(flag, given[name], long, { field: name });
  const variable = variableOf(name);
  const fromEnvironment = environment[variable];
  if (fromEnvironment !== undefined && fromEnvironment !== "") {
    return read(flag, fromEnvironment, variable, { field: name });
  }
  const fromFile = file?.values[name] ?? file?.values[kebab(name)];
  if (file !== undefined && fromFile !== undefined && fromFile !== null) {
    return read(flag, fromFile, `${file.path}: ${name}`, { field: name, file: file.path });
  }
  if (flag.needed) {
    throw new ConfigError(`${command}: ${long} ${flag.placeholder} is missing: ${flag.help}.`, {
      code: "missing-option",
      field: name,
      hint: `See: deftrec ${command} --help`,
    });
  }
  return flag.fallback;
}

function read(flag: Flag<unknown>, value: unknown, where: string, details: { field: string; file?: string }): unknown {
  const given = asText(value);
  const found = flag.read(given);
  if (found !== undefined) return found;
  const message = `${where}: expected ${flag.expected}, got "${given}".`;
  // Wrong content of a file is wrong data; on the command line it is wrong usage.
  throw details.file === undefined
    ? new ConfigError(message, { code: "bad-value", ...details })
    : new DataError(message, { code: "bad-value", ...details });
}

/** A value of a configuration file as it would be written on the command line. */
function asText(value: unknown): string {
  if (Array.isArray(value)) return value.map(asText).join(",");
  if (typeof value !== "object" || value === null) return String(value);
  return Object.entries(value)
    .map(([key, inner]) => `${key}=${asText(inner)}`)
    .join(",");
}

/** minUser → min-user. */
export function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** minUser → DEFTREC_MIN_USER. */
export function variableOf(name: string): string {
  return `DEFTREC_${kebab(name).replaceAll("-", "_").toUpperCase()}`;
}
