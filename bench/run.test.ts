import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { float32 } from "#tensor";
import { type Bench, subject } from "./bench.ts";
import { runBench } from "./run.ts";

let folder = "";

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "deftrec-bench-test-"));
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

/** Our side's losses are 1, 2, 3 …; it takes no time worth speaking of. */
const counting: Bench = {
  name: "counting",
  unit: "ms/step",
  workload: "counts",
  arrays: async () => ({ weight: float32([1], [1]) }),
  ours: async () =>
    subject(
      async (index) => index + 1,
      async () => {},
    ),
  peerOptions: () => ({}),
  compared: 3,
  tolerance: 1e-3,
  warmUp: 1,
  turn: 2,
  turns: 2,
  compiles: true,
};

const options = { threads: 1, say: () => {} };

/** A stand-in for a Python with PyTorch: answers as peers/peer.py does, with losses of 1, 2, 3 … times `factor`. */
async function standIn(factor: number): Promise<string> {
  const path = join(folder, "python.mjs");
  await writeFile(
    path,
    `#!${process.execPath}
import { createInterface } from "node:readline";
const done = {};
for await (const line of createInterface({ input: process.stdin })) {
  const { command, name, steps, options } = JSON.parse(line);
  const took = options => ({ plain: 8, tuned: 4 })[options?.variant] ?? 4;
  let answer = {};
  if (command === "about") answer = { peer: "PyTorch 0.0", threads: 1, capability: "NONE" };
  if (command === "open") {
    if (options.compiled) answer = { error: "no compiler" };
    else done[name] = { count: 0, took: took(options) };
  }
  if (command === "run") {
    const values = Array.from({ length: steps }, () => ++done[name].count * ${factor});
    const times = values.map(() => done[name].took);
    answer = { milliseconds: times, processor: times, values };
  }
  console.log(JSON.stringify(answer));
}
`,
  );
  await chmod(path, 0o755);
  return path;
}

test("without PyTorch a bench tells our figure, no peer, and why", async () => {
  vi.stubEnv("DEFTREC_PEER_PYTHON", "");
  const report = await runBench(counting, options);
  expect(report).toMatchObject({ name: "counting", unit: "ms/step", peer: null, ratio: null, threads: 1 });
  expect(report.ours).toBeGreaterThanOrEqual(0);
  expect(report.reason).toMatchInlineSnapshot(
    `"DEFTREC_PEER_PYTHON names no Python that has PyTorch (bench/README.md says how to make one)"`,
  );
});

test("a Python that is not there is a reason, not a failure", async () => {
  vi.stubEnv("DEFTREC_PEER_PYTHON", "/nowhere/python");
  const { peer, reason } = await runBench(counting, options);
  expect(peer).toBeNull();
  expect(reason).toMatchInlineSnapshot(`"DEFTREC_PEER_PYTHON: Error: spawn /nowhere/python ENOENT"`);
});

test("the peer is the twin's fastest eager form, and a form that does not run is noted", async () => {
  vi.stubEnv("DEFTREC_PEER_PYTHON", await standIn(1));
  const report = await runBench(counting, options);
  expect(report.peer).toBe(4);
  expect(report.ratio).toBe(report.ours / 4);
  expect(report).toMatchObject({
    peerVariant: "tuned",
    peerCompiled: null,
    agreement: { steps: 3, worst: 0 },
    // Two turns of two steps each; the warm-up is not among them.
    variants: { plain: { median: 8, samples: 4 }, tuned: { median: 4, samples: 4 } },
    notes: { "compiled fails": "no compiler" },
  });
});

test("sides whose losses differ are not timed", async () => {
  vi.stubEnv("DEFTREC_PEER_PYTHON", await standIn(1.5));
  // |1 - 1.5| / 1.5, |2 - 3| / 3, |3 - 4.5| / 4.5: a third each.
  await expect(runBench(counting, options)).rejects.toThrowErrorMatchingInlineSnapshot(`
    [Error: bench counting: the two sides do not compute the same: losses differ by 0.3333333333333333, more than 0.001.
    ours 1, 2, 3
    peer 1.5, 3, 4.5]
  `);
});

test("above one thread, one thread is reported too", async () => {
  vi.stubEnv("DEFTREC_PEER_PYTHON", "");
  const seen: number[] = [];
  const ours: Bench["ours"] = (arrays, setup) => {
    seen.push(setup.runtime.threads);
    return counting.ours(arrays, setup);
  };
  const report = await runBench({ ...counting, ours }, { ...options, threads: 2 });
  expect(seen).toEqual([2, 1]);
  // Two turns of two steps, and half as many turns beside.
  expect(report).toMatchObject({
    variants: { ours: { samples: 4 } },
    oneThread: { variants: { ours: { samples: 2 } } },
    best: { ours: Math.min(report.ours, (report.oneThread as { ours: number }).ours), peer: null, ratio: null }, // as: just run
  });
});
