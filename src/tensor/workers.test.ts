import { existsSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { expect, test } from "vitest";
import { compile } from "./compile.ts";
import { float32 } from "./dtype.ts";
import "./primitives/index.ts";
import { parameter } from "./tensor.ts";

// A worker thread runs what Node can load: the built room (test/build.ts makes it before the tests).
const built = new URL("../../dist/tensor/index.js", import.meta.url);

/** Trains w by 50 steps of gradient descent on (w·x - 3)² in a thread of its own; gives back w. */
const TRAINING = `
const { parentPort, workerData } = require("node:worker_threads");
(async () => {
  const { compile, float32, gradients, parameter } = await import(workerData.built);
  const weight = parameter("w", [1]);
  const parameters = { w: float32([0], [1]) };
  const step = compile("step", ({ x }) => {
    const miss = weight.mul(x).sub(3).sum();
    return { slope: gradients(miss.mul(miss), [weight])[0] };
  }, { runtime: { device: "cpu", threads: 1 }, parameters });
  for (let at = 0; at < 50; at++) {
    const { slope } = await step.run({ x: float32([workerData.x], [1]) });
    parameters.w.data[0] -= 0.1 * slope.data[0];
  }
  parentPort.postMessage(parameters.w.data[0]);
  while (workerData.goesOn?.[0]) await step.run({ x: float32([workerData.x], [1]) });
})();
`;

/** `goesOn` keeps the worker training until its element is 0. */
function trained(x: number, goesOn?: Int32Array): Promise<{ readonly w: number; readonly worker: Worker }> {
  // execArgv: vitest runs with the condition "source", under which #room is TypeScript; a worker would inherit that.
  const worker = new Worker(TRAINING, { eval: true, execArgv: [], workerData: { built: built.href, x, goesOn } });
  return new Promise((resolve, reject) => {
    worker.once("message", (w: number) => resolve({ w, worker }));
    worker.once("error", reject);
  });
}

test.skipIf(!existsSync(built))("two worker threads train at once, beside a graph in this one", async () => {
  await using own = compile("own", ({ x }) => ({ y: x.mul(parameter("w", [1])) }), {
    runtime: { device: "cpu", threads: 2 },
    parameters: { w: float32([5], [1]) },
  });
  const here = async () => {
    for (let at = 0; at < 50; at++) expect((await own.run({ x: float32([at], [1]) })).y.data[0]).toBe(5 * at);
  };
  const [one, two] = await Promise.all([trained(1), trained(2), here()]);
  expect(one.w).toBeCloseTo(3, 4); // w x = 3
  expect(two.w).toBeCloseTo(1.5, 4);
});

// Asked, not terminated: worker.terminate() during a run of ONNX Runtime 1.30.0 now and then takes the process with it
// ("terminate called after throwing an instance of 'Napi::Error'").
test.skipIf(!existsSync(built))(
  "a worker that is asked to stop between two runs ends, and the next one trains",
  async () => {
    const goesOn = new Int32Array(new SharedArrayBuffer(4)).fill(1);
    const { worker } = await trained(1, goesOn);
    const ended = new Promise((resolve) => worker.once("exit", resolve));
    Atomics.store(goesOn, 0, 0);
    expect(await ended).toBe(0);
    expect((await trained(2)).w).toBeCloseTo(1.5, 4);
  },
);
