/**
 * `--config FILE` and `--set a.b=VALUE`: a tree of settings. Keys that are flags of the command count as such, the others
 * are options of the model.
 */
import { readFile } from "node:fs/promises";
import { parseDocument, parse as parseYaml } from "yaml";
import { ConfigError, DataError } from "#base";

export type Settings = Readonly<Record<string, unknown>>;

/** Settings as they came in. */
export interface GivenSettings {
  readonly file?: { readonly path: string; readonly values: Settings };
  /** Of all `--set`. */
  readonly set: Settings;
}

/** Reads a configuration file; JSON is YAML too. */
export async function readSettings(path: string, flag = "--config"): Promise<Settings> {
  const text = await readFile(path, "utf8").catch((cause: NodeJS.ErrnoException) => {
    const what = cause.code === "ENOENT" ? "no such file" : cause.message;
    throw new DataError(`${flag} ${path}: ${what}. Expected a YAML or JSON file of options.`, {
      code: "missing-file",
      file: path,
      hint: "Check the path.",
      cause,
    });
  });
  const document = parseDocument(text);
  const [error] = document.errors;
  if (error !== undefined) {
    const line = error.linePos?.[0].line;
    const where = line === undefined ? path : `${path} line ${line}`;
    const reason = error.message.split("\n")[0].replace(/ at line \d+, column \d+:?$/, "");
    throw new DataError(`${where}: neither YAML nor JSON: ${reason}.`, {
      code: "bad-config",
      file: path,
      line,
      hint: "Write one `key: value` a line.",
    });
  }
  const value: unknown = document.toJS() ?? {};
  if (isSettings(value)) return value;
  throw new DataError(`${path}: expected \`key: value\` lines, got ${Array.isArray(value) ? "a list" : "one value"}.`, {
    code: "bad-config",
    file: path,
    hint: "Write one `key: value` a line.",
  });
}

/** `["dim=8", "a.b=true"]` → { dim: 8, a: { b: true } }. */
export function parseSet(assignments: readonly string[]): Settings {
  let settings: Settings = {};
  for (const assignment of assignments) {
    const [, path, value] = /^([^=\s]+)=(.*)$/s.exec(assignment) ?? [];
    if (path === undefined) {
      throw new ConfigError(`--set ${assignment}: expected KEY=VALUE, as in --set dim=32.`, {
        code: "bad-value",
        field: "set",
      });
    }
    settings = merged(settings, nested(path.split("."), scalar(assignment, value)));
  }
  return settings;
}

/** `over` laid over `under`, key by key. */
export function merged(under: Settings, over: Settings): Settings {
  const result: Record<string, unknown> = { ...under };
  for (const [key, value] of Object.entries(over)) {
    const below = result[key];
    result[key] = isSettings(value) && isSettings(below) ? merged(below, value) : value;
  }
  return result;
}

function nested([key, ...rest]: readonly string[], value: unknown): Settings {
  return { [key]: rest.length === 0 ? value : nested(rest, value) };
}

function scalar(assignment: string, text: string): unknown {
  try {
    return parseYaml(text);
  } catch {
    throw new ConfigError(`--set ${assignment}: "${text}" is not a YAML value. Put quotes around it.`, {
      code: "bad-value",
      field: "set",
    });
  }
}

function isSettings(value: unknown): value is Settings {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
