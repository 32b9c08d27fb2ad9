/**
 * Our figures against trec_eval's, from the same rankings: `npm run build && npx tsc -p bench/tsconfig.json &&
 * DEFTREC_PEER_PYTHON=judge/bin/python node bench/.build/outside-judge.js RUN …` (a Python that has pytrec_eval-terrier).
 * Each run is asked with its history masked and not, its rankings are written whole (`evaluate --trec --qrels`), and
 * peers/outside-judge.py scores the files. Prints one object; exits 1 where any figure is further apart than 1e-6.
 */
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { load } from "#experiment";

const TOLERANCE = 1e-6;
const CUTOFFS = [5, 10, 20];
// Compiled, this file lies in bench/.build/.
const JUDGE = fileURLToPath(new URL("../peers/outside-judge.py", import.meta.url));

interface Verdict {
  readonly judge: string;
  readonly users: number;
  readonly figures: Readonly<Record<string, number>>;
}

const python = process.env.DEFTREC_PEER_PYTHON;
const runs = process.argv.slice(2);
if (python === undefined || runs.length === 0) {
  throw new Error("expected DEFTREC_PEER_PYTHON=PYTHON node bench/.build/outside-judge.js RUN …");
}

async function judged(run: string, maskHistory: boolean, folder: string) {
  const [trec, qrels] = [join(folder, "run.trec"), join(folder, "qrels")];
  await using model = await load(run, { runtime: { threads: 1 } });
  // To the last item: a target past the depth would count for our MRR and not for theirs.
  const depth = model.material.dataset.catalogue.size;
  const {
    users,
    metrics,
    dataset,
    model: name,
  } = await model.evaluate({ topK: CUTOFFS, maskHistory, trec, qrels, depth });
  const { stdout } = await promisify(execFile)(python ?? "", [JUDGE, trec, qrels, CUTOFFS.join(",")]);
  const verdict: Verdict = JSON.parse(stdout);
  const figures = Object.entries(verdict.figures).map(([figure, theirs]) => ({
    figure,
    ours: metrics[figure],
    theirs,
  }));
  const furthest = Math.max(...figures.map(({ ours, theirs }) => Math.abs(ours - theirs)));
  const agrees = verdict.users === users && furthest <= TOLERANCE;
  return { run, model: name, dataset, maskHistory, judge: verdict.judge, users, furthest, agrees, figures };
}

const folder = await mkdtemp(join(tmpdir(), "outside-judge-"));
try {
  const verdicts = [];
  for (const run of runs) for (const mask of [true, false]) verdicts.push(await judged(run, mask, folder));
  console.log(JSON.stringify({ name: "outside-judge", tolerance: TOLERANCE, verdicts }, null, 2));
  if (!verdicts.every(({ agrees }) => agrees)) process.exitCode = 1;
} finally {
  await rm(folder, { recursive: true });
}
