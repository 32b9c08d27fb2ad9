/**
 * Configuration lives once, as a zod object: type, default, bounds and help. Here it is parsed with errors a person can
 * act on; flags, JSON schema and documentation are derived from the same object.
 */
import { z } from "zod";
import { ConfigError, didYouMean } from "./errors.ts";

/** The schema of a model's options: strict, every key with a default and a description. */
export type ConfigSchema = z.ZodObject;

/** Parses `value` with `schema`; an unknown key or a bad value is a `ConfigError` that names it. */
export function parseConfig<S extends ConfigSchema>(schema: S, value: unknown, where: string): z.output<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw issueToError(result.error.issues[0], schema, value, where);
}

function issueToError(issue: z.core.$ZodIssue, schema: ConfigSchema, value: unknown, where: string): ConfigError {
  if (issue.code === "unrecognized_keys") {
    const key = issue.keys[0];
    const known = Object.keys(schema.shape);
    return new ConfigError(
      `${where}: unknown key "${key}"${didYouMean(key, known) || "."} Known keys: ${known.join(", ") || "(none)"}.`,
      { code: "unknown-key", field: key },
    );
  }
  const field = issue.path.join(".");
  const got = JSON.stringify(issue.path.reduce<unknown>((at, key) => member(at, key), value));
  return new ConfigError(`${where}: ${field === "" ? "value" : `"${field}"`} = ${got}: ${issue.message}.`, {
    code: "bad-value",
    field,
  });
}

function member(value: unknown, key: PropertyKey): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined;
}

/** One option as documentation and `--help` show it. */
export interface OptionHelp {
  readonly name: string;
  readonly type: string;
  readonly default: unknown;
  readonly description: string;
}

/** The options of a schema, in the order they were declared. */
export function describeConfig(schema: ConfigSchema): OptionHelp[] {
  const json = z.toJSONSchema(schema, { io: "input" });
  return Object.entries(json.properties ?? {}).map(([name, property]) => {
    const { type, enum: choices, default: fallback, description } = property as z.core.JSONSchema.BaseSchema;
    return {
      name,
      type: choices === undefined ? String(type) : choices.join(" | "),
      default: fallback,
      description: description ?? "",
    };
  });
}
