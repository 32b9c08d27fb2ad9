/**
 * Where a search looks: for each option of a model a list of values, a range, or one value that stays.
 *   { dim: [16, 32], learningRate: { min: 1e-4, max: 1e-2, log: true }, epochs: 10 }
 * A range of an option that is a whole number gives whole numbers, both ends included. With `log` every factor is equally
 * likely, else every distance. What is drawn from a range is rounded to four digits, so that it can be written down.
 */
import { z } from "zod";
import { ConfigError, type ConfigSchema, parseConfig } from "#base";
import { type Key, Stream } from "#random";

/** A space as a user writes it. */
export type SpaceSettings = Readonly<Record<string, unknown>>;

interface Range {
  readonly min: number;
  readonly max: number;
  readonly log: boolean;
  readonly whole: boolean;
}

/** One option of the space. */
type Axis = { readonly values: readonly unknown[] } | Range;

const rangeSchema = z.strictObject({ min: z.number(), max: z.number(), log: z.boolean().default(false) });

/** A space whose every corner the model's schema has accepted. */
export class Space {
  private constructor(private readonly axes: Readonly<Record<string, Axis>>) {}

  /** Reads a space for `model`; an unknown option, a value or an end of a range that it refuses is a `ConfigError`. */
  static parse(model: string, schema: ConfigSchema, settings: SpaceSettings): Space {
    const axes = Object.entries(settings).map(([name, given]) => [name, axisOf(model, schema, name, given)] as const);
    return new Space(Object.fromEntries(axes));
  }

  /** One configuration. Each option has a stream of its own: another one more changes none of the others. */
  draw(key: Key): Record<string, unknown> {
    const drawn = Object.entries(this.axes).map(([name, axis]) => {
      const stream = new Stream(key.fold(name));
      return [name, "values" in axis ? axis.values[stream.below(axis.values.length)] : drawnFrom(axis, stream)];
    });
    return Object.fromEntries(drawn);
  }
}

function axisOf(model: string, schema: ConfigSchema, name: string, given: unknown): Axis {
  const where = `search space of ${model}`;
  const expectGood = (value: unknown) => parseConfig(schema, { [name]: value }, where);
  if (Array.isArray(given)) {
    if (given.length === 0) throw bad(`${where}: "${name}" = []: expected at least one value.`, name);
    for (const value of given) expectGood(value);
    return { values: given };
  }
  if (typeof given !== "object" || given === null) {
    expectGood(given);
    return { values: [given] };
  }
  if (!Object.hasOwn(schema.shape, name)) expectGood(0); // says which options there are
  const range = parseConfig(rangeSchema, given, `${where}, "${name}"`);
  const type = typeOf(schema, name);
  if (type !== "integer" && type !== "number") {
    throw bad(`${where}: "${name}" has a range, and is no number. Expected a list of its values.`, name);
  }
  expectGood(range.min);
  expectGood(range.max);
  const { min, max, log } = range;
  if (min >= max) throw bad(`${where}: "${name}": min = ${min} is not below max = ${max}.`, name);
  if (log && min <= 0) throw bad(`${where}: "${name}": min = ${min} has no logarithm; it must be above 0.`, name);
  return { ...range, whole: type === "integer" };
}

function bad(message: string, field: string): ConfigError {
  return new ConfigError(message, { code: "bad-value", field });
}

function typeOf(schema: ConfigSchema, name: string): unknown {
  const property = z.toJSONSchema(schema, { io: "input" }).properties?.[name];
  return typeof property === "object" ? property.type : undefined;
}

function drawnFrom({ min, max, log, whole }: Range, stream: Stream): number {
  // A whole number is the middle of an interval of length 1, so that both ends are as likely as the others.
  const [low, high] = whole ? [min - 0.5, max + 0.5] : [min, max];
  const share = stream.uniform();
  const value = log ? low * (high / low) ** share : low + (high - low) * share;
  const rounded = whole ? Math.round(value) : Number(value.toPrecision(4));
  return Math.min(max, Math.max(min, rounded));
}
