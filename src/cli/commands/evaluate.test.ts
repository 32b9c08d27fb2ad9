/** `evaluate` beyond the protocol and the files for other judges (answers.test.ts): experts alone, answering options, ranks. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, expect, test, vi } from "vitest";
import { commandJson as ask, commandLine } from "../../../test/fixtures/command-line.ts";
import { writeWalk } from "../../../test/fixtures/walk.ts";

let folder: string;
const at = (name: string) => join(folder, name);
/** Small and quick; what it learns does not matter here. */
const QUICK = [
  "dim=8",
  "blocks=1",
  "hidden=16",
  "steps=20",
  "negatives=20",
  "pretrainEpochs=1",
  "epochs=1",
  "text=false",
];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "evaluate-"));
  vi.stubEnv("DEFTREC_CACHE", at("cache"));
  const data = await writeWalk(folder, { users: 60, items: 20 });
  const train = ["train", "--data", data, "--threads", "1", "--model"];
  const quick = QUICK.flatMap((option) => ["--set", option]);
  await ask(...train, "deftrec", "--out", at("anew"), ...quick, "--set", "rerankFrom=1"); // however small the log
  await ask(...train, "deftrec", "--out", at("fused"), ...quick, "--set", "rerank=false");
  await ask(...train, "popularity", "--out", at("floor"));
  return () => rm(folder, { recursive: true });
}, 120_000);

async function refused(...words: string[]): Promise<string> {
  const { code, stderr } = await commandLine(words);
  const said = stderr.replaceAll(`${folder}/`, "").replace(/(experts:|one of) generator[^.]*/g, "$1 generator, …");
  return `${code} ${said.trim()}`;
}

test("an expert of a fused run ranks alone, and so does one of a re-ranked run's base", async () => {
  const fused = await ask("evaluate", at("fused"));
  const transitions = await ask("evaluate", at("fused"), "--expert", "transitions");
  expect(fused).not.toHaveProperty("expert");
  expect(transitions.expert).toBe("transitions");
  expect(transitions.metrics["HR@5"]).toBe(1); // item i + 1 follows item i
  const generator = await ask("evaluate", at("fused"), "--expert", "generator");
  expect(generator.metrics).not.toEqual(fused.metrics);
  // Same seed, same training: what the re-ranker orders anew is what the fused run fuses.
  expect((await ask("evaluate", at("anew"), "--expert", "generator")).metrics).toEqual(generator.metrics);
  const { stdout } = await commandLine(["evaluate", at("anew"), "--expert", "generator"]);
  expect(stdout).toMatch(/: deftrec's expert generator alone on walk, test items of 60 users/);
});

test("calibration stands where scores are probabilities: of logits and of a fusion, not of a mass or of what was ordered anew", async () => {
  const metricsOf = async (...words: string[]) => Object.keys((await ask("evaluate", ...words)).metrics);
  const told = ["ECE", "logLikelihood"];
  expect(await metricsOf(at("fused"))).toEqual(expect.arrayContaining(told));
  expect(await metricsOf(at("fused"), "--expert", "generator")).toEqual(expect.arrayContaining(told));
  for (const asked of [[at("fused"), "--expert", "transitions"], [at("anew")], [at("floor")]]) {
    expect((await metricsOf(...asked)).filter((name) => told.includes(name))).toEqual([]);
  }
});

test("a trained model is asked with other options of answering, which the report repeats", async () => {
  const generator = ["evaluate", at("fused"), "--expert", "generator"];
  const before = await ask(...generator);
  const several = await ask(...generator, "--set", "samples=3", "--set", "samplingSteps=2");
  expect(before).not.toHaveProperty("answering");
  expect(several.answering).toEqual({ samples: 3, samplingSteps: 2 });
  expect(several.metrics).not.toEqual(before.metrics);
  await writeFile(at("answering.yaml"), "samples: 3\nsamplingSteps: 2\ntopk: [5, 10, 20]\n");
  expect((await ask(...generator, "--config", at("answering.yaml"))).metrics).toEqual(several.metrics);
  const { stdout } = await commandLine([...generator, "--set", "samples=3"]);
  expect(stdout).toContain("Asked with samples=3; validation chose under the run's own options.");
});

test("every user's rank is written, nothing where the item is out of reach", async () => {
  const path = at("ranks.csv");
  const { metrics } = await ask("evaluate", at("fused"), "--ranks", path, "--topk", "5");
  const [header, ...lines] = (await readFile(path, "utf8")).trim().split("\n");
  expect(header).toBe("user,rank");
  expect(lines).toHaveLength(60);
  const ranks = lines.map((line) => /^user-\d+,(\d*)$/.exec(line)?.[1] ?? "broken");
  const hits = ranks.filter((rank) => rank !== "" && Number(rank) <= 5).length;
  expect(hits / 60).toBeCloseTo(metrics["HR@5"], 12);
});

test("what there is not is answered with what there is", async () => {
  await mkdir(at("taken"), { recursive: true });
  expect(await refused("evaluate", at("anew"), "--expert", "generater")).toMatchInlineSnapshot(`
    "2 error: anew has no expert "generater", did you mean "generator"? Its experts: generator, ….
      Choose one of generator, …."
  `);
  expect(await refused("evaluate", at("fused"), "--set", "dim=16")).toMatchInlineSnapshot(`
    "2 error: fused: "dim" is not an option that a trained model can be asked with. Of deftrec they are: samplingSteps, samples, guidance, retrieval, textWeight.
      What training reads is said to \`deftrec train\`, and makes another run."
  `);
  expect(await refused("evaluate", at("fused"), "--set", "samples=0")).toMatchInlineSnapshot(`
    "2 error: deftrec: "samples" = 0: Too small: expected number to be >=1.
      See: deftrec evaluate --help"
  `);
  expect(await refused("evaluate", at("floor"), "--set", "samples=2")).toMatchInlineSnapshot(`
    "2 error: floor: "samples" is not an option that a trained model can be asked with. popularity has none.
      What training reads is said to \`deftrec train\`, and makes another run."
  `);
  expect(await refused("evaluate", at("floor"), "--responses")).toMatchInlineSnapshot(`
    "2 error: evaluation: this model says nothing in words, so that there are no responses to measure.
      Leave responses out, or ask a model that tells what it read (deftrec, contrec), as a whole."
  `);
  expect(await refused("evaluate", at("floor"), "--ranks", at("taken"))).toMatchInlineSnapshot(`
    "3 error: taken: this is a directory. Expected the path of a file to write.
      Name a file, such as taken/run.trec."
  `);
});
