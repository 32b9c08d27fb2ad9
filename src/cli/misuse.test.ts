/** What a new user gets wrong on the command line and in a configuration, and what is said of it: exit 2, 3 for a file. */
import { expect, test } from "vitest";
import { newcomer } from "../../test/fixtures/newcomer.ts";

const { tried, write } = newcomer();

test("a model, a command, a flag, a key that do not exist", async () => {
  expect(await tried("train --data data --model popularty --out new")).toMatchInlineSnapshot(`
    "2 error: unknown model "popularty", did you mean "popularity"? Known models: MODELS.
      Choose one of MODELS."
  `);
  expect(await tried("trian --data data")).toMatchInlineSnapshot(`
    "2 error: unknown command "trian", did you mean "train"? Commands: COMMANDS.
      See: deftrec --help"
  `);
  expect(await tried("train --dta data --model popularity --out new")).toMatchInlineSnapshot(`
    "2 error: deftrec train: unknown flag "--dta", did you mean "--data"?
      See: deftrec train --help"
  `);
  expect(await tried("evaluate run --jsn")).toMatchInlineSnapshot(`
    "2 error: deftrec evaluate: unknown flag "--jsn", did you mean "--json"?
      See: deftrec evaluate --help"
  `);
  expect(await tried("train --data data --model transitions --set dekay=1 --out new")).toMatchInlineSnapshot(
    `
    "2 error: transitions: unknown key "dekay", did you mean "decay"? Known keys: decay, beta, back, window, distance, fitLength, queryLength, text, textTerms, textDecay, textEncoder.
      See: deftrec train --help"
  `,
  );
  expect(await tried("train --data data --model popularity --text-encoder minilm --out new")).toMatchInlineSnapshot(`
    "2 error: popularity: unknown key "textEncoder". Known keys: (none).
      See: deftrec train --help"
  `);
  await write("misspelt.yaml", "model: transitions\nwindwo: 3\n");
  await write("modle.yaml", "modle: transitions\n");
  expect(await tried("train --data data --config misspelt.yaml --out new")).toMatchInlineSnapshot(
    `
    "2 error: misspelt.yaml: unknown key "windwo", did you mean "window"? Options of transitions: decay, beta, back, window, distance, fitLength, queryLength, text, textTerms, textDecay, textEncoder.
      See: deftrec train --help"
  `,
  );
  expect(await tried("train --data data --config modle.yaml --out new")).toMatchInlineSnapshot(`
    "2 error: modle.yaml: unknown key "modle", did you mean "model"?
      See: deftrec train --help"
  `);
});

test("values that cannot be", async () => {
  expect(await tried("train --data data --model transitions --set decay=7 --out new")).toMatchInlineSnapshot(
    `
    "2 error: transitions: "decay" = 7: Too big: expected number to be <=1.
      See: deftrec train --help"
  `,
  );
  expect(await tried("train --data data --model transitions --set decay --out new")).toMatchInlineSnapshot(
    `
    "2 error: --set decay: expected KEY=VALUE, as in --set dim=32.
      See: deftrec train --help"
  `,
  );
  expect(await tried("recommend run --user user-1 --topk 0")).toMatchInlineSnapshot(
    `
    "2 error: --topk: expected a whole number from 1 up, got "0".
      See: deftrec recommend --help"
  `,
  );
  expect(await tried("evaluate run --topk 5,ten")).toMatchInlineSnapshot(
    `
    "2 error: --topk: expected whole numbers from 1 up with commas between them, got "5,ten".
      See: deftrec evaluate --help"
  `,
  );
  expect(await tried("evaluate run --split train")).toMatchInlineSnapshot(
    `
    "2 error: --split: expected test or valid, got "train".
      See: deftrec evaluate --help"
  `,
  );
  expect(await tried("evaluate run", { DEFTREC_THREADS: "all" })).toMatchInlineSnapshot(
    `
    "2 error: DEFTREC_THREADS: expected a whole number from 1 up, got "all".
      See: deftrec evaluate --help"
  `,
  );
  expect(await tried("train --data data --model popularity --seed one --out new")).toMatchInlineSnapshot(
    `
    "2 error: --seed: expected a whole number from 0 up, got "one".
      See: deftrec train --help"
  `,
  );
});

test("flags of every command may stand in a configuration file beside the model's options", async () => {
  await write("all.yaml", "model: transitions\ndecay: 0.5\nthreads: 1\ndevice: cpu\njson: false\n");
  expect(await tried("train --data data --config all.yaml --out config")).toMatch(/^0 /);
});

test("a configuration that cannot be read, is no YAML, or holds a bad value", async () => {
  await write("broken.yaml", "model: transitions\ndecay: [0.5\n");
  await write("list.yaml", "- 1\n- 2\n");
  await write("large.yaml", "decay: 7\n");
  await write("seed.json", '{ "model": "transitions", "seed": "first" }');
  const training = (config: string) => tried(`train --data data --model transitions --config ${config} --out new`);
  expect(await training("missing.yaml")).toMatchInlineSnapshot(`
    "3 error: --config missing.yaml: no such file. Expected a YAML or JSON file of options.
      Check the path."
  `);
  expect(await training("broken.yaml")).toMatchInlineSnapshot(`
    "3 error: broken.yaml line 3: neither YAML nor JSON: Flow sequence in block collection must be sufficiently indented and end with a ].
      Write one \`key: value\` a line."
  `);
  expect(await training("list.yaml")).toMatchInlineSnapshot(`
    "3 error: list.yaml: expected \`key: value\` lines, got a list.
      Write one \`key: value\` a line."
  `);
  expect(await training("large.yaml")).toMatchInlineSnapshot(
    `"3 error: large.yaml: "decay" = 7: Too big: expected number to be <=1."`,
  );
  expect(await training("seed.json")).toMatchInlineSnapshot(
    `"3 error: seed.json: seed: expected a whole number from 0 up, got "first"."`,
  );
});

test("what is missing on the command line, and what is too much", async () => {
  expect(await tried("import walk.txt")).toMatchInlineSnapshot(`
    "2 error: import: --out DATASET is missing: the dataset directory to write.
      See: deftrec import --help"
  `);
  expect(await tried("evaluate")).toMatchInlineSnapshot(`
    "2 error: deftrec evaluate: run is missing.
      See: deftrec evaluate --help"
  `);
  expect(await tried("train --out new")).toMatchInlineSnapshot(
    `
    "2 error: train: model is missing. Expected one of MODELS.
      See: deftrec train --help"
  `,
  );
  expect(await tried("train --model popularity --out new")).toMatchInlineSnapshot(
    `
    "2 error: train: data is missing. Expected a prepared dataset, or a source.
      See: deftrec train --help"
  `,
  );
  expect(await tried("recommend run")).toMatchInlineSnapshot(`
    "2 error: recommend: expected either a user or a history, one of the two.
      Give --user ID, or --history ID,ID,… (oldest first)."
  `);
  expect(await tried("recommend run --user user-1 --history item-1")).toMatchInlineSnapshot(`
    "2 error: recommend: expected either a user or a history, one of the two.
      Give --user ID, or --history ID,ID,… (oldest first)."
  `);
  expect(await tried("evaluate run --depth 5")).toMatchInlineSnapshot(`
    "2 error: evaluate: --depth says how long the rankings of a --trec file are, but there is none.
      Add --trec FILE, or leave --depth out."
  `);
  expect(await tried("evaluate run --trec data")).toMatchInlineSnapshot(`
    "3 error: data: this is a directory. Expected the path of a file to write.
      Name a file, such as data/run.trec."
  `);
  expect(await tried("compare run")).toMatchInlineSnapshot(`
    "2 error: compare: expected at least two runs, got 1.
      deftrec compare RUN RUN …"
  `);
  expect(await tried("evaluate run run")).toMatchInlineSnapshot(`
    "2 error: deftrec evaluate: too many arguments for 'evaluate'. Expected 1 argument but got 2.
      See: deftrec evaluate --help"
  `);
  expect(await tried("recommend run --user --explain")).toMatchInlineSnapshot(`
    "2 error: deftrec recommend: --user needs a value, got the flag --explain.
      See: deftrec recommend --help"
  `);
  expect(await tried("recommend run --user")).toMatchInlineSnapshot(`
    "2 error: deftrec recommend: --user <ID> needs a value.
      See: deftrec recommend --help"
  `);
});
