/** Flags that several commands have, declared once. */
import {
  type ColumnMap,
  ITEM_COLUMNS,
  LEAVE_TWO_OUT,
  LOG_COLUMNS,
  parseColumnMap,
  SPLIT_NAMES,
  type SplitOptions,
  sources,
} from "#data";
import type { Importing } from "#experiment";
import {
  choice,
  type Flag,
  ids,
  integer,
  kebab,
  number,
  numbers,
  onOff,
  text,
  type Values,
  withDefault,
} from "./flags.ts";
import type { GivenSettings, Settings } from "./settings.ts";

/** Flags of every command. */
export const everywhere = {
  json: onOff("one JSON object on stdout, progress as JSON lines on stderr", false),
  device: choice(["cpu", "webgpu"], "where models run (default: cpu)"),
  threads: integer("threads of one operation (default: the machine's cores, 8 at most)", 1),
};

/** The names of a command's flags and of those of every command, as `--config` writes them. */
export function flagNames(flags: Readonly<Record<string, unknown>>): readonly string[] {
  return Object.keys({ ...everywhere, ...flags }).map(kebab);
}

/** What a configuration file says that is no flag: options of a model. */
export function optionsOf({ file }: GivenSettings, flags: Readonly<Record<string, unknown>>): Settings {
  const names = flagNames(flags);
  return Object.fromEntries(Object.entries(file?.values ?? {}).filter(([key]) => !names.includes(kebab(key))));
}

/** How a log is read. */
export const importing = {
  format: text("F", `format of the log, recognised by its content if left out: ${Object.keys(sources).join(", ")}`),
  items: text("FILE", "table of the items: titles, brands, categories"),
  columns: columnMap("--columns", LOG_COLUMNS, "which column of the log is which"),
  itemColumns: columnMap("--item-columns", ITEM_COLUMNS, "which column of the table of items is which"),
  minRating: number("drop interactions rated lower"),
  minUser: integer("drop users with fewer interactions", 1),
  minItem: integer("drop items with fewer interactions", 1),
};

function columnMap(name: string, known: Readonly<Record<string, string>>, help: string): Flag<ColumnMap | undefined> {
  const expected = Object.keys(known).join("=…,");
  return { placeholder: "KEY=COLUMN,…", help, expected, read: (given) => parseColumnMap(name, given, known) };
}

/** Those that were given; undefined where none was. */
export function importingOf(flags: Values<typeof importing>): Importing | undefined {
  const { format, items, columns, itemColumns, minRating, minUser, minItem } = flags;
  const given = Object.entries({ format, items, columns, itemColumns, minRating, minUser, minItem }).filter(
    ([, value]) => value !== undefined,
  );
  return given.length === 0 ? undefined : Object.fromEntries(given);
}

/** How validation and test are cut off. */
export const splitting = {
  splitBy: choice(SPLIT_NAMES, `how validation and test are cut off (default: ${LEAVE_TWO_OUT.by})`),
  splitAt: numbers(
    "where validation and test begin, for temporal and ratio: shares (default: 0.8,0.9), or times in seconds",
  ),
};

/** What was said of the split. */
export function splittingOf({ splitBy, splitAt }: Values<typeof splitting>): SplitOptions {
  return { by: splitBy, at: splitAt };
}

/** The mask that every number depends on. */
export const maskHistory = onOff("take the items of a history out of its ranking", true);

/** Which hidden items are asked for. */
export const split = withDefault(choice(["test", "valid"], "which hidden items are asked for"), "test");

/** What may be recommended. */
export const rules = {
  where: text("EXPR", "only items that meet a condition on item, title, brand, category"),
  exclude: ids("items that may not be recommended"),
  boost: text("EXPR:FACTOR,…", "items that count as FACTOR times as likely as the model finds them"),
  diversity: number("how unlike each other the items shall be: 0 not at all (the default) to 1"),
  maskHistory,
};

/** What `rules` look like, for the notes of help. */
export const rulesNotes = [
  "Conditions: fields item, title, brand, category; 'strings', numbers; = != < <= > >= in (…) and or not ( ).",
  "  --where \"brand = 'Nordwind' and not category in ('boots', 'poles')\"",
  "  --boost \"category = 'boots' : 2, brand = 'Alpenrau' : 0.5\"",
].join("\n");
