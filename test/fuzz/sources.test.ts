/**
 * Bad data as a new user would meet it: whatever happened to the files, an import either succeeds, and its dataset can be
 * opened, or ends in a typed error that names file and line or field. DEFTREC_FUZZ_RUNS sets the mutations a format.
 */
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { ConfigError, DataError, silent } from "#base";
import { openDataset, prepare, sources } from "#data";
import { type Damaged, damaged } from "./mutations.ts";
import { type Specimen, specimens } from "./specimens.ts";

const RUNS = Number(process.env.DEFTREC_FUZZ_RUNS ?? 24);
const SEED = Number(process.env.DEFTREC_FUZZ_SEED ?? 20261125);
const PATIENCE_MS = 20_000;

const folder = mkdtemp(join(tmpdir(), "deftrec-fuzz-"));
afterAll(async () => rm(await folder, { recursive: true, force: true }));

const title = ({ format, files }: Specimen) => `${format} (${Object.keys(files).join(", ")})`;

test("each format that reads files has a specimen, and each specimen is read as it is", async () => {
  const made = ["synthetic", "parquet"]; // words; and a binary format, whose every flipped bit is DuckDB's affair
  const formats = Object.values(sources).map(({ name }) => name);
  expect([...new Set(specimens.map(({ format }) => format)), ...made].sort()).toEqual(formats.sort());
  for (const specimen of specimens) {
    const files = Object.fromEntries(Object.entries(specimen.files).map(([name, text]) => [name, Buffer.from(text)]));
    const whole = { specimen, files, story: [], named: false };
    expect(await fate(whole, `whole-${specimen.format}`), title(specimen)).toMatchObject({
      format: specimen.format,
      users: 6,
    });
  }
});

test.each(specimens.map((specimen) => [title(specimen), specimen] as const))(
  "whatever happens to %s, it is read or the error says where to look",
  async (_, specimen) => {
    const faults: string[] = [];
    const faces = specimens.filter(({ format }) => format === specimen.format).length;
    const cases = fc.sample(damaged(specimen), { numRuns: Math.ceil(RUNS / faces), seed: SEED });
    for (const [at, one] of cases.entries()) {
      const outcome = await fate(one, `case-${at}`).catch((error: unknown) => error);
      const fault = outcome instanceof Error ? complaint(outcome, one) : undefined;
      if (fault !== undefined) faults.push(`${one.story.join("; ")}${one.named ? ", --format" : ""}\n  ${fault}`);
    }
    expect(faults).toEqual([]);
  },
  60_000 + RUNS * 1_000,
);

/** Imports the damaged log and opens what came of it. */
async function fate({ specimen, files, named }: Damaged, name: string) {
  const place = join(await folder, name, "shop");
  await mkdir(place, { recursive: true });
  for (const [file, content] of Object.entries(files)) await writeFile(join(place, file), content);
  const items = specimen.items === undefined ? undefined : join(place, specimen.items);
  const out = join(await folder, name, "out");
  try {
    const options = { out, ...(items && { items }), ...(named && { format: specimen.format }) };
    const info = await inTime(prepare(join(place, specimen.source), options, silent));
    const { histories, catalogue } = await openDataset(info.directory);
    if (histories.interactions < 1 || histories.interactions !== info.interactions) throw new Error("counts differ");
    if (histories.timestamps?.some((time) => !Number.isFinite(time))) throw new Error("a time is not finite");
    if (catalogue.rows.some(({ item }) => item === "")) throw new Error("an item without a name");
    return info;
  } catch (error) {
    const left = (await readdir(join(await folder, name))).filter((entry) => entry !== "shop");
    if (error instanceof DataError && left.length > 0) throw new Error(`${left} is left behind`, { cause: error });
    throw error;
  } finally {
    await rm(join(await folder, name), { recursive: true, force: true });
  }
}

async function inTime<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer in ${PATIENCE_MS} ms`)), PATIENCE_MS);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

/** What is wrong with an error, if anything is. */
function complaint(error: Error, { specimen, files }: Damaged): string | undefined {
  const said = `${error.name}: ${error.message.slice(0, 300)}`;
  if (!(error instanceof DataError || error instanceof ConfigError)) return `no typed error. ${said}\n${error.stack}`;
  const names = [...Object.keys(files), ...Object.keys(specimen.files), "shop"];
  if (error.file === undefined || !names.includes(basename(error.file))) return `no file. ${said}`;
  if (!error.message.includes(error.file)) return `the message does not name its file. ${said}`;
  if (error.line === undefined && error.field === undefined) return `neither line nor field (${error.code}). ${said}`;
  if (error.line !== undefined && !error.message.includes(`line ${error.line}`)) return `the line is not said. ${said}`;
  if (/undefined|\[object|internal:|Binder Error|Parser Error/.test(error.message)) return `not for users. ${said}`;
  return undefined;
}
