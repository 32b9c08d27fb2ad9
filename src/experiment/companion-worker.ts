/** The far side of companion.ts: opens the run it is started with and scores whom it is asked about. */
import { parentPort, workerData } from "node:worker_threads";
import type { CompanionInput, CompanionMessage, CompanionRequest } from "./companion.ts";
import { load } from "./model.ts";
import { packError } from "./packed-error.ts";

const { run, answering, runtime } = workerData as CompanionInput; // as: only companion.ts starts this file
const post = (message: CompanionMessage, transfer: ArrayBuffer[] = []) => parentPort?.postMessage(message, transfer);
const failed = (error: unknown) => post({ type: "failed", error: packError(error) });

try {
  const model = await load(run, { answering, runtime });
  const { ranker, key } = model.pipeline;
  const answer = async ({ profiles, items, only }: Exclude<CompanionRequest, "go">) => {
    const scores = await ranker.score(await ranker.encode(profiles, key), items, only);
    // The arrays are the caller's, and go over without being copied. as: rankers make plain arrays, not shared ones
    const buffers = Object.values(scores).map(({ buffer }) => buffer as ArrayBuffer);
    post({ type: "scores", scores }, [...new Set(buffers)]);
  };
  parentPort?.on("message", (request: CompanionRequest) => {
    if (request !== "go") answer(request).catch(failed);
    else void model[Symbol.asyncDispose]().finally(() => parentPort?.close());
  });
  post({ type: "open" });
} catch (error) {
  failed(error);
  parentPort?.close();
}
