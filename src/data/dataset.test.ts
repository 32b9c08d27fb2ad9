import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Workbench } from "../../test/suites/workbench.ts";
import { Database, literal } from "./database.ts";
import { files, openDataset } from "./dataset.ts";

const bench = new Workbench();
const prepared = async (name: string) =>
  (await bench.import(await bench.file(`${name}.csv`, "user,item,time\nu,a,1\nu,b,2\nv,a,1\n"))).info.directory;

test("a folder without a manifest is no dataset", async () => {
  expect(await bench.failure(openDataset(join(await bench.folder, "nowhere")))).toMatchInlineSnapshot(`
    "DataError (no-dataset)
    nowhere: no prepared dataset here. Expected a folder with manifest.json, as \`deftrec import\` writes it.
    → Make one with \`deftrec import SOURCE --out DATASET\`."
  `);
});

test("a missing, cut or foreign file is damage, named", async () => {
  const missing = await prepared("missing");
  await rm(join(missing, files.items));
  expect(await bench.failure(openDataset(missing))).toMatchInlineSnapshot(`
    "DataError (damaged-dataset)
    dataset-0/items.parquet: cannot be read; this prepared dataset is damaged or incomplete.
    → Import the source again."
  `);
  const cut = await prepared("cut");
  await writeFile(join(cut, files.interactions), "PAR1");
  expect(await bench.failure(openDataset(cut))).toMatchInlineSnapshot(`
    "DataError (damaged-dataset)
    dataset-1/interactions.parquet: cannot be read; this prepared dataset is damaged or incomplete.
    → Import the source again."
  `);
  const foreign = await prepared("foreign");
  await using database = await Database.open();
  await database.run(
    `COPY (SELECT 0 AS row, 'u' AS "user") TO ${literal(join(foreign, files.users))} (FORMAT parquet)`,
  );
  expect(await bench.failure(openDataset(foreign))).toMatchInlineSnapshot(`
    "DataError (damaged-dataset)
    dataset-2/users.parquet: holds 1 rows where the manifest says 2; this prepared dataset is damaged or incomplete.
    → Import the source again."
  `);
});

test("interactions out of range are damage", async () => {
  const directory = await prepared("range");
  await using database = await Database.open();
  const path = literal(join(directory, files.interactions));
  await database.run(`COPY (SELECT 0 AS "user", 9 AS item, 1.0::DOUBLE AS timestamp) TO ${path} (FORMAT parquet)`);
  expect(await bench.failure(openDataset(directory))).toMatchInlineSnapshot(`
    "DataError (damaged-dataset)
    dataset-3/interactions.parquet: row 1 (user 0, item 9) is out of order or out of range; this prepared dataset is damaged or incomplete.
    → Import the source again."
  `);
});

test("a manifest that is cut or of another layout is damage", async () => {
  const directory = await prepared("manifest");
  await writeFile(join(directory, files.manifest), "{");
  expect(await bench.failure(openDataset(directory))).toMatchInlineSnapshot(`
    "DataError (damaged-dataset)
    dataset-4/manifest.json: is not JSON; this prepared dataset is damaged or incomplete.
    → Import the source again."
  `);
  await writeFile(join(directory, files.manifest), '{"layout": 99}');
  expect(await bench.failure(openDataset(directory))).toMatchInlineSnapshot(`
    "DataError (damaged-dataset)
    dataset-4/manifest.json: does not fit layout 1 at "layout" (Invalid input: expected 1); this prepared dataset is damaged or incomplete.
    → Import the source again."
  `);
});
