/**
 * What happens to files on their way: cut, flipped, edited by hand, exported by another program, mixed up. A mutation is
 * drawn by fast-check and changes one of a log's files.
 */
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { type Specimen, specimens } from "./specimens.ts";

/** A damaged log, and what was done to it. */
export interface Damaged {
  readonly specimen: Specimen;
  readonly files: Readonly<Record<string, Uint8Array>>;
  readonly story: readonly string[];
  /** Whether the user names the format. */
  readonly named: boolean;
}

/** One change: numbers say where and how. */
interface Change {
  readonly kind: keyof typeof changes;
  /** Which file, where in it, and a second place or value, each in 0..1. */
  readonly file: number;
  readonly at: number;
  readonly how: number;
}

type Edit = (content: Buffer, at: number, how: number, delimiter: string) => Uint8Array;

const VALUES = [
  "-5",
  "1e400",
  "-1e308",
  "99999999999999999999999999",
  "NaN",
  "inf",
  "soon",
  "12/03/2019",
  "",
  "2019-13-45",
  "0x1F",
  "१२",
  "1e17",
  "null",
  "true",
  '"',
  "\u0000",
  "'",
  "\\",
  "{}",
  "[",
  "é".repeat(40),
  "-0",
  "1.5.2",
  "9007199254740993",
  "294247-01-11",
];
const NAMES = [
  "",
  "user",
  "item",
  "timestamp",
  "rowid",
  "x".repeat(300),
  'a"b',
  "select",
  "a'b",
  "🙂",
  "line",
  "UserID:token",
  "column_2",
];
const DELIMITERS = [",", ";", "\t", " ", "|", "::", "", "\x01"];

const pick = <T>(list: readonly T[], how: number): T => list[Math.min(list.length - 1, Math.floor(how * list.length))];
const text = (edit: (content: string, at: number, how: number, delimiter: string) => string): Edit => {
  return (content, at, how, delimiter) => Buffer.from(edit(content.toString("latin1"), at, how, delimiter), "latin1");
};
const utf8 = (value: string) => Buffer.from(value).toString("latin1");
const insert = (content: string, at: number, piece: string) => {
  const place = Math.floor(at * content.length);
  return content.slice(0, place) + piece + content.slice(place);
};
/** Edits one line, or those from it on. */
const inLine = (edit: (line: string, how: number, delimiter: string) => string): Edit =>
  text((content, at, how, delimiter) => {
    const all = content.split("\n");
    const place = Math.floor(at * all.length);
    return all.map((line, index) => (index === place ? edit(line, how, delimiter) : line)).join("\n");
  });
/** Edits the fields of all lines, or of the first. */
const inColumns = (edit: (fields: string[], column: number, at: number) => string[], only?: "header"): Edit =>
  text((content, at, how, delimiter) =>
    content
      .split("\n")
      .map((line, index) => {
        if (line === "" || (only === "header" && index > 0)) return line;
        const fields = line.split(delimiter);
        return edit(fields, Math.floor(how * fields.length), at).join(delimiter);
      })
      .join("\n"),
  );

const changes = {
  truncated: (content, at) => content.subarray(0, Math.floor(at * content.length)),
  "bytes flipped": (content, at, how) => {
    const flipped = Buffer.from(content);
    for (let step = 0; step < 1 + how * 4 && content.length > 0; step++) {
      const place = Math.floor(((at + step * 0.37) % 1) * content.length);
      flipped[place] ^= 1 + Math.floor(how * 254);
    }
    return flipped;
  },
  "column dropped": inColumns((fields, column) => fields.filter((_, index) => index !== column)),
  "column doubled": inColumns((fields, column) =>
    fields.flatMap((field, index) => (index === column ? [field, field] : [field])),
  ),
  "column renamed": inColumns((fields, column, at) => fields.with(column, utf8(pick(NAMES, at))), "header"),
  "header repeated": inColumns((fields, column) => fields.map(() => fields[column]), "header"),
  "header dropped": text((content) => content.slice(content.indexOf("\n") + 1)),
  "field dropped": inLine((line, how, delimiter) => {
    const fields = line.split(delimiter);
    return fields.filter((_, index) => index !== Math.floor(how * fields.length)).join(delimiter);
  }),
  "field added": inLine((line, how, delimiter) => `${line}${delimiter}${utf8(pick(VALUES, how))}`),
  "number replaced": text((content, at, how) => {
    const numbers = [...content.matchAll(/\d+/g)];
    const number = pick(numbers, at);
    if (number === undefined) return content;
    return content.slice(0, number.index) + utf8(pick(VALUES, how)) + content.slice(number.index + number[0].length);
  }),
  "column of one value": inColumns((fields, column, at) => fields.with(column, utf8(pick(VALUES, at)))),
  "quote inserted": text((content, at, how) => insert(content, at, pick(['"', "'", '""', "`", '\\"'], how))),
  emptied: () => Buffer.alloc(0),
  "blank only": (_, at, how) => Buffer.from(pick(["\n", " \n\n", "\r\n", "\ufeff", "\0", "\t\t\n"], (at + how) / 2)),
  "byte order mark": (content) => Buffer.concat([Buffer.from("\ufeff"), content]),
  "carriage returns": text((content, _, how) => content.replaceAll("\n", pick(["\r\n", "\r", "\n\r", "\r\r\n"], how))),
  "zero bytes": text((content, at, how) => insert(content, at, "\0".repeat(1 + Math.floor(how * 20)))),
  "another encoding": (content, _, how) => {
    const decoded = content.toString("utf8");
    const swapped = () => Buffer.from(decoded, "utf16le").swap16();
    return pick(
      [() => Buffer.from(`\ufeff${decoded}`, "utf16le"), swapped, () => Buffer.from(decoded, "latin1")],
      how,
    )();
  },
  "strange bytes": text((content, at, how) =>
    insert(content, at, pick(["\xe9", "\xff\xfe", "\xc0\x80", "\xed\xa0\x80", "\x1a", "\x01", "\x1b[31m"], how)),
  ),
  "blank lines": text((content, at, how) => {
    const all = content.split("\n");
    return all
      .toSpliced(Math.floor(at * all.length), 0, ...pick([[""], ["", ""], ["  "], ["\t"], ["\r"]], how))
      .join("\n");
  }),
  "another delimiter": text((content, _, how, delimiter) => content.replaceAll(delimiter, pick(DELIMITERS, how))),
  "another delimiter in a line": inLine((line, how, delimiter) => line.replaceAll(delimiter, pick(DELIMITERS, how))),
  "lines repeated": text((content, at, how) => {
    const all = content.split("\n");
    return [...all, ...all.slice(Math.floor(at * all.length)), ...(how > 0.5 ? all : [])].join("\n");
  }),
  "a long field": text((content, at, how) => insert(content, at, "x".repeat(Math.floor(10 ** (3 + how * 3.6))))),
  "a line of garbage": text((content, at, how) => {
    const all = content.split("\n");
    return all
      .toSpliced(
        Math.floor(at * all.length),
        0,
        utf8(
          pick(
            [
              "# comment",
              "{",
              "[1,2]",
              "null",
              '{"a":',
              "'",
              "Total: 24",
              "<html>",
              "{}",
              '{"user_id":{"a":[1]}}',
              '{"x":"\\ud800"}',
              "[".repeat(5000),
            ],
            how,
          ),
        ),
      )
      .join("\n");
  }),
  "another format's content": (_, at, how) => {
    const { files } = pick(specimens, at);
    return Buffer.from(pick(Object.values(files), how));
  },
  compressed: (content, at, how) => {
    const packed = gzipSync(content);
    return how < 0.5 ? packed : packed.subarray(0, Math.floor(at * packed.length));
  },
} satisfies Record<string, Edit>;

const unit = fc.noBias(fc.integer({ min: 0, max: 9_999 })).map((tenThousandths) => tenThousandths / 10_000);

/** As many changes to a specimen as make a bad day: one to three. */
export function damaged(specimen: Specimen): fc.Arbitrary<Damaged> {
  const change = fc.record({
    kind: fc.constantFrom(...(Object.keys(changes) as (keyof typeof changes)[])), // as: the keys of that object
    file: unit,
    at: unit,
    how: unit,
  });
  const whole = fc.record({
    list: fc.array(change, { minLength: 1, maxLength: 3 }),
    misplaced: fc.constantFrom(...Array(8).fill("nothing"), "swapped", "missing"),
    named: fc.boolean(),
  });
  return whole.map(({ list, misplaced, named }) => {
    const damage = apply(specimen, list);
    return { specimen, named, ...misplace(damage, misplaced) };
  });
}

type Damage = Pick<Damaged, "files" | "story">;

function apply(specimen: Specimen, list: readonly Change[]): Damage {
  const files = Object.fromEntries(
    Object.entries(specimen.files).map(([name, content]) => [name, Buffer.from(content)]),
  );
  const story = list.map(({ kind, file, at, how }) => {
    const name = pick(Object.keys(files), file);
    const edit: Edit = changes[kind];
    files[name] = Buffer.from(edit(files[name], at, how, specimen.delimiter));
    return `${name}: ${kind} (${at}, ${how})`;
  });
  return { files, story };
}

function misplace({ files, story }: Damage, how: string): Damage {
  const names = Object.keys(files);
  if (how === "nothing" || names.length < 2) return { files, story };
  const [first, second] = names;
  if (how === "missing") {
    return {
      files: Object.fromEntries(Object.entries(files).filter(([name]) => name !== second)),
      story: [...story, `${second}: missing`],
    };
  }
  return {
    files: { ...files, [first]: files[second], [second]: files[first] },
    story: [...story, `${first} and ${second}: swapped`],
  };
}
