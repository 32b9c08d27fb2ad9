/** What commands print for people, and what with --json beyond what the end-to-end test looks at. */
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, expect, test, vi } from "vitest";
import { versions } from "#experiment";
import { commandLine } from "../../test/fixtures/command-line.ts";
import { writeWalk } from "../../test/fixtures/walk.ts";

let folder: string;
let runDirectory: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "answers-"));
  runDirectory = join(folder, "run");
  vi.stubEnv("DEFTREC_CACHE", join(folder, "cache"));
  const source = await writeWalk(folder);
  await ask("train", "--data", source, "--model", "transitions", "--out", runDirectory);
  return () => rm(folder, { recursive: true });
});

async function ask(...words: string[]): Promise<string> {
  const { code, stdout, stderr } = await commandLine(words);
  expect(code === 0 ? "" : stderr).toBe("");
  return stdout.replaceAll(`${folder}/`, "").trim();
}
const asked = async (...words: string[]) => JSON.parse(await ask(...words, "--json"));

test("evaluation says its protocol in words", async () => {
  const text = (await ask("evaluate", runDirectory, "--topk", "1,5")).replace(/[\d.]+ s$/m, "N s");
  expect(text).toMatchInlineSnapshot(`
    "run: transitions on walk, test items of 200 users, N s

    k      HR    NDCG  coverage    Gini     ILD  novelty  shortHead
    ─  ──────  ──────  ────────  ──────  ──────  ───────  ─────────
    1  1.0000  1.0000    0.5000  0.5160           5.2162     0.4000
    5  1.0000  1.0000    1.0000  0.0825  0.3908   5.3124     0.2330
    MRR 1.0000

    users with a                                       users    HR@1     MRR  NDCG@1
    ──────────────  ─────────────────────────────────  ─────  ──────  ──────  ──────
    short history   at most 5 training interactions       68  1.0000  1.0000  1.0000
    medium history  6 to 20 training interactions        132  1.0000  1.0000  1.0000
    warm target     more than 5 training interactions    200  1.0000  1.0000  1.0000

    All items ranked, ties against the target, items of the history are masked, fitted on train."
  `);
});

test("a run file and judgements are written whole, in TREC's form, and nothing beside them", async () => {
  const [trec, qrels] = [join(folder, "out", "run.trec"), join(folder, "out", "qrels")];
  const text = await ask("evaluate", runDirectory, "--users", "20", "--trec", trec, "--qrels", qrels, "--depth", "3");
  expect(text).toMatch(/Written: out\/run.trec, out\/qrels\.$/);
  const lines = (await readFile(trec, "utf8")).trim().split("\n");
  const judged = (await readFile(qrels, "utf8")).trim().split("\n");
  expect([lines.length, judged.length]).toEqual([60, 20]);
  // The planted rule: the first of every ranking is the hidden item.
  expect(lines.filter((_, at) => at % 3 === 0).map((line) => line.split(" ").slice(0, 4).join(" "))).toEqual(
    judged.map((line) => line.replace(/(.*) 0 (.*) 1/, "$1 Q0 $2 1")),
  );
  expect(lines.every((line) => /^user-\d+ Q0 item-\d+ [123] [-\d.e]+ transitions$/.test(line))).toBe(true);
  expect((await readdir(join(folder, "out"))).sort()).toEqual(["qrels", "run.trec"]);
});

test("seeds of one model are one row, beside another model's", async () => {
  const at = (name: string) => join(folder, name);
  for (const seed of ["2", "3"]) {
    await ask("train", "--data", at("walk.txt"), "--model", "transitions", "--seed", seed, "--out", at(`seed-${seed}`));
  }
  await ask("train", "--data", at("walk.txt"), "--model", "popularity", "--out", at("floor"));
  const runs = [runDirectory, at("seed-2"), at("floor"), at("seed-3")];
  const { rows, pairs } = await asked("compare", ...runs);
  expect(rows.map(({ run, runs, seeds }: Record<string, unknown>) => ({ run, runs, seeds }))).toEqual([
    { run: "run", runs: ["run", "seed-2", "seed-3"], seeds: [1, 2, 3] },
    { run: "floor", runs: ["floor"], seeds: [1] },
  ]);
  expect(rows[0].metrics["NDCG@10"]).toEqual({ mean: 1, low: 1, high: 1, bySeed: [1, 1, 1] });
  expect(rows[1].metrics["NDCG@10"]).not.toHaveProperty("bySeed");
  expect(pairs).toHaveLength(3);
  expect(pairs[0]).toMatchObject({ a: "run", b: "floor", metric: "HR@10", p: 2 / 1001, pHolm: 2 / 1001 });
  expect(await ask("compare", ...runs)).toMatch(/^run +model +seeds +HR@10/);
  // Alone, a model's seeds are a row without a pair.
  const alone = await asked("compare", runDirectory, at("seed-2"));
  expect([alone.rows.length, alone.pairs.length]).toEqual([1, 0]);
  // Three rows are three pairs: p is corrected.
  const three = await asked("compare", runDirectory, runDirectory, at("floor"));
  expect(three.rows.map(({ seeds }: { seeds: unknown }) => seeds)).toEqual([[1], [1], [1]]);
  expect(
    three.pairs
      .filter(({ metric }: { metric: string }) => metric === "MRR")
      .map(({ pHolm }: { pHolm: number }) => pHolm),
  ).toEqual([1, 6 / 1001, 6 / 1001]);
});

test("asked under another mask than it was chosen under, a model's protocol says so", async () => {
  const { protocol } = await asked("evaluate", runDirectory, "--no-mask-history", "--users", "20");
  expect(protocol).toMatchObject({ maskHistory: false, trainedMaskHistory: true });
  expect(await ask("evaluate", runDirectory, "--no-mask-history")).toContain("it was chosen under the other mask");
});

test("a model without vectors cannot explain, and says so", async () => {
  const { code, stderr } = await commandLine(["recommend", runDirectory, "--history", "item-3", "--explain"]);
  expect(code).toBe(2);
  expect(stderr).toContain("explain: this model has no item vectors");
});

test("where the rules leave nothing, they say how much each took", async () => {
  const text = await ask("recommend", runDirectory, "--history", "item-3,item-4", "--where", "item = 'item-3'");
  expect(text).toMatch(
    /^Nothing is left of \d+ items: 2 stand in the history, \d+ do not meet --where, 0 are excluded\.$/m,
  );
});

test("a sample of users is drawn by the run's seed", async () => {
  const [first, second] = [
    await asked("evaluate", runDirectory, "--users", "20"),
    await asked("evaluate", runDirectory, "--users", "20"),
  ];
  expect(first.users).toBe(20);
  const text = await ask("evaluate", runDirectory, "--users", "20");
  expect(text).toContain("test items of 20 users of 200, drawn by the run's seed, ");
  expect(second.metrics).toEqual(first.metrics);
});

test("another split is recorded in the run and told by every figure of it", async () => {
  const log = join(folder, "timed.csv");
  const rows = Array.from({ length: 40 }, (_, user) =>
    Array.from({ length: 8 }, (_, step) => `u${user},item-${(user * 3 + step) % 30},${86400 * (user + 10 * step)}`),
  );
  await writeFile(log, `user,item,timestamp\n${rows.flat().join("\n")}\n`);
  const runs = [join(folder, "by-time"), join(folder, "by-share")] as const;
  await ask("train", "--data", log, "--model", "transitions", "--out", runs[0], "--split-by", "temporal");
  const byShare = ["--split-by", "ratio", "--split-at", ".5,.7"];
  await ask("train", "--data", log, "--model", "popularity", "--out", runs[1], ...byShare);
  const { users, protocol } = await asked("evaluate", runs[0]);
  // Of 320 interactions 30 are on day 90 or later and three on day 89: the 32nd from the end begins the test part, the
  // 64th, on day 79, validation. Users 19 to 39 took something on day 89 or later.
  expect(protocol.splitBy).toEqual({ name: "temporal", at: [0.8, 0.9], times: [86400 * 79, 86400 * 89] });
  expect(users).toBe(21);
  expect(await ask("evaluate", runs[0])).toContain("fitted on train, split by temporal at 80 % and 90 %, on 1970-");
  expect((await asked("evaluate", runs[1], "--split", "valid")).protocol.splitBy).toEqual({
    name: "ratio",
    at: [0.5, 0.7],
  });
  const { code, stderr } = await commandLine(["compare", ...runs]);
  expect(code).toBe(3);
  expect(stderr.replaceAll(`${folder}/`, "")).toMatchInlineSnapshot(`
    "error: by-share is asked for other items (ratio at 0.5 and 0.7) than by-time (temporal at 0.8 and 0.9): their figures do not compare.
      Train both with the same --split-by and --split-at.
    "
  `);
  expect(await ask("compare", runs[1], runs[1])).toContain("history masked, split by ratio at 50 % and 70 %.");
  expect((await asked("compare", runs[1], runs[1])).protocol).toMatchObject({
    split: "test",
    splitBy: { name: "ratio" },
  });
});

test("a list for a history, for a user of the data, and for someone nobody knows", async () => {
  expect(await ask("recommend", runDirectory, "--history", "item-3,item-4", "--topk", "2")).toMatchInlineSnapshot(`
    "transitions for this history:

    #  item     score
    ─  ──────  ──────
    1  item-5   2.338
    2  item-2  0.8914"
  `);
  // user-1 took items 7 to 13 and is told of 14, the whole stored history being known.
  expect((await asked("recommend", runDirectory, "--user", "user-1", "--topk", "1")).items[0].item).toBe("item-14");
  const stranger = await asked("recommend", runDirectory, "--user", "stranger", "--topk", "3");
  expect(stranger).toMatchObject({ cold: true, ignored: [], excluded: { history: 0, where: 0, exclude: 0 } });
  expect(stranger.items).toHaveLength(3);
  expect(await asked("recommend", runDirectory, "--history", "", "--topk", "3")).toEqual(stranger);
});

test("exclusions hold, unknown ids are told, a long list is what there is", async () => {
  const words = ["recommend", runDirectory, "--history", "item-3,gone,item-4", "--exclude", "item-5,nothing"];
  const { code, stdout, stderr } = await commandLine([...words, "--topk", "100", "--json"]);
  expect(code).toBe(0);
  const { items, ignored, excluded } = JSON.parse(stdout);
  expect(ignored).toEqual(["gone"]);
  expect(excluded).toEqual({ history: 2, where: 0, exclude: 1 });
  expect(items).toHaveLength(40 - 2 - 1);
  expect(items.map(({ item }: { item: string }) => item)).not.toContain("item-5");
  expect(
    stderr
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line).text),
  ).toMatchInlineSnapshot(`
    [
      "exclude: not in the catalogue, so that nothing is taken out: "nothing".",
      "topK 100 is above the 40 items of the catalogue: all are ranked.",
    ]
  `);
});

test("conditions and boosts hold before the list is cut", async () => {
  const words = ["recommend", runDirectory, "--history", "item-3,item-4", "--topk", "2"];
  const idsOf = (found: { items: { item: string }[] }) => found.items.map(({ item }) => item);
  const only = await asked(...words, "--where", "item in ('item-3', 'item-30', 'item-2') or item = 'item-9'");
  expect(idsOf(only)).toEqual(["item-2", "item-9"]);
  expect(only.excluded).toEqual({ history: 2, where: 35, exclude: 0 }); // of 40: 4 meet it, one of them in the history
  const none = await asked(...words, "--where", "brand = 'none'");
  expect(none.items).toEqual([]);
  expect(idsOf(await asked(...words, "--boost", "item = 'item-2' : 3"))).toEqual(["item-2", "item-5"]);
  expect(idsOf(await asked(...words, "--diversity", "0"))).toEqual(["item-5", "item-2"]);
});

test("batch writes everyone's list, or some people's", async () => {
  const out = join(folder, "lists.parquet");
  expect(await asked("batch", runDirectory, "--out", out, "--topk", "3")).toMatchObject({
    users: 200,
    rows: 600,
    cold: 0,
  });
  const users = join(folder, "users.txt");
  await writeFile(users, "user-3\nuser-1\n");
  const text = await ask("batch", runDirectory, "--out", out, "--users", users, "--where", "item in (1, 'item-8')");
  expect(text).toMatch(/^lists.parquet: \d rows for 2 users, [\d.]+ s, [\d,]+ users a second$/);
});

test("with --no-mask-history an item may come again", async () => {
  const words = ["recommend", runDirectory, "--history", "item-4,item-30,item-3", "--topk", "1"];
  expect((await asked(...words)).items[0].item).not.toBe("item-4");
  expect((await asked(...words, "--no-mask-history")).items[0].item).toBe("item-4"); // what follows item-3
});

test("inspect tells what is in the data", async () => {
  const source = join(folder, "walk.txt");
  expect(await asked("inspect", source)).toMatchObject({ users: 200, items: 40, lengths: { min: 6, max: 11 } });
  expect(await ask("inspect", source)).toMatchInlineSnapshot(`
    "walk (sequences)
      users               200
      items               40
      interactions        1,696, 21 % of all pairs
      history length      6 to 11, median 8, mean 8.5
      taken again         0 % of interactions

    Asked
      users asked         200 (test), 200 (valid)
      never asked         0 users; 0 have fewer than three interactions
      targets in history  0 % (test), 0 % (valid): out of reach when masked
      cold items          0 with five training interactions or fewer, 0 with none
      cold targets        0 % of the test items, 0 % never trained on

    Leaks
      same history        160 users: targets of one are in the training of another
      copy in history     0 % of test items: another item of the same title and brand was taken

    Texts
      missing             title 40, brand 40, category 40
      different           0 brands, 0 categories"
  `);
});

test("doctor finds this machine fit, and says so as data, too", async () => {
  const { fit, checks } = await asked("doctor");
  expect(fit).toBe(true);
  expect(checks.map(({ name }: { name: string }) => name)).toEqual([
    "Node.js",
    "ONNX Runtime",
    "WebGPU",
    "Processor",
    "Memory",
    "DuckDB",
    "Cache",
  ]);
  expect(await ask("doctor")).toContain("This machine is fit.");
});

test("version and help", async () => {
  expect(await ask("--version")).toBe(versions().deftrec);
  expect(await ask()).toBe(await ask("--help"));
  const help = await ask("--help");
  for (const command of [
    "demo",
    "import",
    "inspect",
    "train",
    "evaluate",
    "compare",
    "recommend",
    "similar",
    "batch",
    "export",
    "doctor",
  ]) {
    expect(help).toMatch(new RegExp(`^ {2}${command} `, "m"));
  }
  expect(await ask("train", "--help")).toContain("decay (number, 0.6)");
});
