/** What a new user gets wrong about files, ids and runs, and what is said of it: exit 2 for usage, 3 for content. */
import { mkdir, readdir } from "node:fs/promises";
import { expect, test } from "vitest";
import { newcomer } from "../../test/fixtures/newcomer.ts";

const { tried, at, write } = newcomer();

test("a file that is not there, a file with nothing in it, a folder with nothing in it", async () => {
  await write("empty.csv", "");
  await mkdir(at("empty"), { recursive: true });
  expect(await tried("import missing.csv --out new")).toMatchInlineSnapshot(`
    "3 error: missing.csv: no such file or directory. Expected a log of interactions, or synthetic[:users=…,items=…,seed=…].
      Check the path."
  `);
  expect(await tried("import empty.csv --out new")).toMatchInlineSnapshot(`
    "3 error: empty.csv: this file is empty. Expected a log of interactions, or synthetic[:users=…,items=…,seed=…].
      Check that the export that wrote it was finished."
  `);
  expect(await tried("import empty --out new")).toMatchInlineSnapshot(`
    "3 error: empty: this directory is empty. Expected a log of interactions, or synthetic[:users=…,items=…,seed=…].
      Check that the export that wrote it was finished."
  `);
  expect(await tried("train --data missing.csv --model popularity --out new")).toMatchInlineSnapshot(`
    "3 error: missing.csv: no such file or directory. Expected a log of interactions, or synthetic[:users=…,items=…,seed=…].
      Check the path."
  `);
  expect(await readdir(at(""))).not.toContain("new");
});

test("a column that is not there, a time that is no number", async () => {
  await write("log.csv", "user,item,timestamp\n1,a,100\n2,b,200\n");
  await write("dates.csv", "user,item,timestamp\n1,a,100\n2,b,yesterday\n");
  expect(await tried("import log.csv --columns item=itm --out new")).toMatchInlineSnapshot(`
    "3 log.csv: read as CSV, because its lines have fields between "," (user,item,timestamp).
    error: log.csv line 1: no column "itm" for the item, did you mean "item"? Columns found: user, item, timestamp.
      Say which it is: item=COLUMN in --columns (the log) or --item-columns (the items); the first line must name the columns."
  `);
  expect(await tried("import log.csv --columns itm=item --out new")).toMatchInlineSnapshot(
    `
    "2 error: --columns: "itm=item" is not understood, did you mean "item"? Expected user=COLUMN,item=COLUMN,time=COLUMN,rating=COLUMN.
      See: deftrec import --help"
  `,
  );
  expect(await tried("import dates.csv --out new")).toMatchInlineSnapshot(`
    "3 dates.csv: read as CSV, because its lines have fields between "," (user,item,timestamp).
    error: dates.csv line 3: timestamp "yesterday" is not a number. Expected seconds since 1970 (UTC), or ISO dates such as 2019-03-12 in every row.
      Correct or remove the row, or name another column with --columns time=COLUMN."
  `);
  expect(await tried("import log.csv --format cvs --out new")).toMatchInlineSnapshot(
    `
    "2 error: --format: unknown format "cvs", did you mean "csv"? Known: amazon, csv, deftrec, jsonl, movielens, pairs, parquet, recbole, sequences, synthetic, tsv.
      See: deftrec import --help"
  `,
  );
});

test("users with one interaction each: there is nothing to learn from", async () => {
  await write("single.csv", "user,item,timestamp\n1,a,100\n2,b,200\n3,a,300\n");
  expect(await tried("train --data single.csv --model popularity --out new")).toMatchInlineSnapshot(`
    "3 single.csv: read as CSV, because its lines have fields between "," (user,item,timestamp).
    error: single: none of its 3 users has three interactions. Expected users with at least three: one to learn from, one to validate on, one to test on.
      Use a longer log."
  `);
  expect(await readdir(at(""))).not.toContain("new");
});

test("a split that there is not, cuts that are none, and cuts that leave nobody to ask", async () => {
  await write("timed.csv", "user,item,timestamp\n1,a,100\n1,b,200\n2,a,100\n2,b,300\n2,c,400\n");
  const train = "train --data timed.csv --model popularity --out new";
  expect(await tried(`${train} --split-by time`)).toMatchInlineSnapshot(`
    "2 error: --split-by: expected leave-two-out or temporal or ratio, got "time".
      See: deftrec train --help"
  `);
  expect(await tried(`${train} --split-by ratio --split-at 0.8`)).toMatchInlineSnapshot(`
    "2 error: splitAt = 0.8: expected two rising shares between 0 and 1, where validation and test begin (0.8,0.9).
      See: deftrec train --help"
  `);
  expect(await tried(`${train} --split-at 0.8,0.9`)).toMatchInlineSnapshot(`
    "2 error: splitAt = 0.8,0.9: expected nothing, because leave-two-out has no cuts; choose temporal or ratio.
      See: deftrec train --help"
  `);
  expect(await tried(`${train} --split-by temporal --split-at 1000,2000`)).toMatchInlineSnapshot(`
    "3 timed.csv: read as CSV, because its lines have fields between "," (user,item,timestamp).
    error: timed: none of its 2 users has something to be asked. Expected users with interactions before a cut and in the part after it; the cuts are at 1970-01-01 00:16:40 and 1970-01-01 00:33:20.
      Choose other cuts, for example --split-at 0.8,0.9."
  `);
  expect(await readdir(at(""))).not.toContain("new");
});

test("a history of unknown items only, an unknown item", async () => {
  expect(await tried("recommend run --history nothing,of,that")).toMatchInlineSnapshot(`
    "3 error: history: none of its 3 items is in the catalogue ("nothing", "of", "that").
      Items are named as in the imported data, for example "item-0"."
  `);
  expect(await tried("similar run --item item-3")).toMatchInlineSnapshot(`
    "2 error: run: the model "transitions" has no item vectors, so that it cannot tell which items are alike.
      Ask a run of a model that learns item vectors, such as sasrec."
  `);
});

test("conditions that mean nothing, boosts of nothing, diversity where nothing tells what is alike", async () => {
  // Words hold no blanks here: the test splits its lines at them.
  expect(await tried("recommend run --user user-1 --where brnd='x'")).toMatchInlineSnapshot(`
    "2 error: where: column 1: unknown field "brnd", did you mean "brand"? Known fields: item, title, brand, category.
      Write conditions such as: brand = 'Nordwind' and not category in ('boots', 'poles')"
  `);
  expect(await tried("recommend run --user user-1 --where brand=x")).toMatchInlineSnapshot(`
    "2 error: where: column 7: expected a 'string' or a number, got "x". Strings stand in single quotes: 'x'.
      Write conditions such as: brand = 'Nordwind' and not category in ('boots', 'poles')"
  `);
  expect(await tried("recommend run --user user-1 --boost brand='x':0")).toMatchInlineSnapshot(`
    "2 error: boost: the factor 0 is not above 0. Expected 2 (twice as much) or 0.5 (half).
      To take items out, use where: not (…)."
  `);
  expect(await tried("recommend run --user user-1 --diversity 0.5")).toMatchInlineSnapshot(`
    "2 error: run: diversity needs to know which items are alike, but the model "transitions" has no item vectors and the catalogue neither brands nor categories.
      Import the items with --items, or ask a run of sasrec."
  `);
  expect(await tried("recommend run --user user-1 --diversity 7")).toMatchInlineSnapshot(`
    "2 error: diversity = 7: expected a number from 0 (the plain list) to 1 (as unlike as can be).
      See: deftrec recommend --help"
  `);
});

test("a run that exists, a run that does not, and what is no run at all", async () => {
  expect(await tried("train --data data --model transitions --out run")).toMatchInlineSnapshot(`
    "2 error: --out run: there is something already. A run is never written over.
      Choose another path, or add --resume to continue the run that is there."
  `);
  expect(await tried("train --data walk.txt --model transitions --out walk.txt --resume")).toMatchInlineSnapshot(`
    "3 error: walk.txt: no run here (there is no manifest.json). Expected what \`deftrec train\` made.
      Check the path, or train one: deftrec train --data DATA --model MODEL --out walk.txt"
  `);
  expect(await tried("import walk.txt --out run")).toMatchInlineSnapshot(`
    "2 walk.txt: read as sequences (\`user item item …\` a line), because its lines are words, the first of them different in each.
    error: --out run: something else is there already. Expected a free path or a prepared dataset.
      Choose another path or remove what is there."
  `);
  expect(await tried("evaluate missing")).toMatchInlineSnapshot(`
    "3 error: missing: no run here (there is no manifest.json). Expected what \`deftrec train\` made.
      Check the path, or train one: deftrec train --data DATA --model MODEL --out missing"
  `);
  expect(await tried("evaluate data")).toMatchInlineSnapshot(`
    "3 error: data/manifest.json: this is not the manifest of a run (look at "model"). It is damaged, belongs to something else (a dataset?), or to another version of deftrec.
      Name a directory that \`deftrec train\` made, or train again."
  `);
  expect(await tried("inspect run")).toMatchInlineSnapshot(`
    "3 error: run/manifest.json: does not fit layout 1 at "name" (Invalid input: expected string, received undefined); this prepared dataset is damaged or incomplete.
      Import the source again."
  `);
});

test("a device that is not here", async () => {
  const line = "train --data data --model sasrec --set dim=8 --set heads=1 --device webgpu --out new";
  expect((await tried(line)).replace(/\(.*\)/s, "(…)")).toMatchInlineSnapshot(
    `"1 error: device "webgpu": ONNX Runtime cannot open it on this machine (…). Use --device cpu, or see: deftrec doctor"`,
  );
  expect(await tried("train --data data --model sasrec --device gpu --out new")).toMatchInlineSnapshot(
    `
    "2 error: --device: expected cpu or webgpu, got "gpu".
      See: deftrec train --help"
  `,
  );
  expect(await readdir(at(""))).not.toContain("new");
});

test("texts of items that have none, a sentence encoder that is not there: the run's name is free again", async () => {
  await write(
    "titles.csv",
    `item,title\n${Array.from({ length: 40 }, (_, at) => `item-${at},Item ${at}`).join("\n")}\n`,
  );
  const line = "train --model transitions --text-encoder nowhere --out new --data";
  const nameless = await tried(`${line} data`);
  expect(nameless).toMatchInlineSnapshot(`
    "3 stage 1 of 3: sentences
    error: transitions: textEncoder compares the texts of items, and none of the 40 items has a title, brand or category.
      Import the log with a list of its items (--items FILE with a column title), or leave the option out."
  `);
  expect(await tried(`${line} walk.txt --items titles.csv`)).toContain(
    "nowhere: there is no text encoder. Expected a directory with model.onnx and tokenizer.json, or a language model.",
  );
});

test("with --json the same is an object on the last line of stderr", async () => {
  const error = async (line: string) => JSON.parse((await tried(line)).slice(2).split("\n").at(-1) ?? "");
  expect(await error("import dates.csv --out new --json")).toMatchInlineSnapshot(`
    {
      "error": {
        "code": "bad-timestamp",
        "field": "timestamp",
        "file": "dates.csv",
        "hint": "Correct or remove the row, or name another column with --columns time=COLUMN.",
        "line": 3,
        "message": "dates.csv line 3: timestamp "yesterday" is not a number. Expected seconds since 1970 (UTC), or ISO dates such as 2019-03-12 in every row.",
      },
    }
  `);
  expect(await error("train --data data --model popularty --out new --json")).toMatchInlineSnapshot(`
    {
      "error": {
        "code": "unknown-model",
        "field": "model",
        "hint": "Choose one of MODELS.",
        "message": "unknown model "popularty", did you mean "popularity"? Known models: MODELS.",
      },
    }
  `);
  expect(await error("evaluate run --jsno --json")).toMatchInlineSnapshot(`
    {
      "error": {
        "code": "unknown-flag",
        "field": "jsno",
        "hint": "See: deftrec evaluate --help",
        "message": "deftrec evaluate: unknown flag "--jsno", did you mean "--json"?",
      },
    }
  `);
});
