import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { byUser, Workbench } from "../../test/suites/workbench.ts";

const bench = new Workbench();
const rows = Array.from({ length: 2000 }, (_, at) => `u${at % 7},i${(at * 31) % 97},${at}\n`).join("");
const log = `user,item,time\n${rows}`;

test("a compressed file is read like the plain one, whatever its name, and has its hash", async () => {
  const plain = await bench.import(await bench.file("plain.csv", log));
  const packed = await bench.import(await bench.file("packed.bin", gzipSync(log)));
  expect(byUser(packed.dataset)).toEqual(byUser(plain.dataset));
  expect(packed.info.hash).toBe(plain.info.hash);
});

test("every text format may be compressed", async () => {
  const jsonl = await bench.file("a.jsonl.gz", gzipSync('{"user":"u","item":"i"}\n'));
  const tsv = await bench.file("a.tsv.gz", gzipSync("user\titem\nu\ti\n"));
  const pairs = await bench.file("a.txt.gz", gzipSync("1 2\n1 3\n"));
  const formats = [];
  for (const source of [jsonl, tsv, pairs]) formats.push((await bench.import(source)).info.format);
  expect(formats).toEqual(["jsonl", "tsv", "pairs"]);
});

test("lines are counted inside", async () => {
  const few = await bench.file("few.csv.gz", gzipSync("user,item,time\na,x,1\n\nd,e\n"));
  expect(await bench.failure(bench.import(few))).toMatchInlineSnapshot(`
    "DataError (bad-row, line 4)
    few.csv.gz line 4: 2 fields, expected 3 as in the first line.
    → A field that holds the delimiter or a line break must be in "quotes"."
  `);
  const time = await bench.file("time.csv.gz", gzipSync("user,item,time\na,x,1\n\nd,e,soon\n"));
  expect(await bench.failure(bench.import(time))).toMatchInlineSnapshot(`
    "DataError (bad-timestamp, line 4, field time)
    time.csv.gz line 4: time "soon" is not a number. Expected seconds since 1970 (UTC), or ISO dates such as 2019-03-12 in every row.
    → Correct or remove the row, or name another column with --columns time=COLUMN."
  `);
});

test("a file that was cut off or damaged is refused, with how far it went", async () => {
  const whole = gzipSync(log);
  const cut = await bench.file("cut.csv.gz", whole.subarray(0, whole.length / 2));
  expect(await bench.failure(bench.import(cut))).toMatch(
    /^DataError \(bad-gzip, line \d+\)\ncut.csv.gz line \d+: from here on it cannot be decompressed \(gzip: unexpected end of file\)\.\n→ The file is cut off/,
  );
  whole[whole.length - 5] ^= 255; // in the checksum: all of it inflates, none of it can be trusted
  const flipped = await bench.file("flipped.csv.gz", whole);
  const padded = await bench.file("padded.csv.gz", Buffer.concat([gzipSync(log), Buffer.alloc(3)]));
  expect(await bench.failure(bench.import(padded))).toContain("line 2002: from here on it cannot be decompressed");
  expect(await bench.failure(bench.import(flipped))).toContain("gzip: incorrect data check");
});
