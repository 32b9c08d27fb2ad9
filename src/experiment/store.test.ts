import { mkdir, mkdtemp, readdir, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { CheckpointError } from "#base";
import { float32, int32, writeSafetensors } from "#tensor";
import type { Checkpoint } from "#train";
import { RunStore } from "./store.ts";

const store = async () => new RunStore(await mkdtemp(join(tmpdir(), "store-")));

const checkpoint: Checkpoint = {
  epoch: 3,
  cursor: 2,
  step: 14,
  seconds: 1.5,
  parameters: { "item.weight": float32([1, 2, 3, 4], [2, 2]), bias: float32([5], [1]) },
  state: { "adam.m.bias": float32([0.1], [1]) },
  best: { value: 0.25, epoch: 1, parameters: { bias: float32([7], [1]) } },
  sinceBest: 1,
  sums: { total: 12.5 },
};
const finished = {
  artifact: { arrays: { counts: int32([3, 1], [2]) }, files: [{ path: "model.gguf", hash: "abc" }] },
  steps: 10,
  seconds: 2,
  best: { value: 0.5, epoch: 4 },
};

test("what was saved is read as it was", async () => {
  const files = await store();
  await files.saveCheckpoint("sequence", checkpoint);
  expect(await files.checkpoint("sequence")).toEqual(checkpoint);
  const begun = { ...checkpoint, fresh: { responses: int32([4, -1], [1, 2]) } };
  await files.saveCheckpoint("sequence", begun);
  expect(await files.checkpoint("sequence")).toEqual(begun);
  await files.saveFinished("counts", finished);
  expect(await files.finished("counts")).toEqual(finished);
});

test("nothing was saved: nothing is there", async () => {
  const files = await store();
  expect(await files.checkpoint("sequence")).toBeUndefined();
  expect(await files.finished("sequence")).toBeUndefined();
});

test("a checkpoint before the first validation has no best", async () => {
  const files = await store();
  await files.saveCheckpoint("sequence", { ...checkpoint, best: undefined });
  expect(await files.checkpoint("sequence")).not.toHaveProperty("best");
});

test("a finished stage takes its checkpoint's place", async () => {
  const files = await store();
  await files.saveCheckpoint("sequence", checkpoint);
  await files.saveFinished("sequence", finished);
  expect(await readdir(join(files.directory, "checkpoints"))).toEqual([]);
});

test("weights that are not numbers are not written over a good checkpoint, nor read", async () => {
  const files = await store();
  await files.saveCheckpoint("sequence", checkpoint);
  const diverged = { ...checkpoint, parameters: { bias: float32([Number.NaN], [1]) } };
  const said = (cause: Error) => `${cause}`.replace(files.directory, "RUN");
  expect(await files.saveCheckpoint("sequence", diverged).catch(said)).toMatchInlineSnapshot(
    `"CheckpointError: RUN/checkpoints/sequence.safetensors: "parameters/bias" holds values that are not numbers (NaN). The training diverged, the file was not written; train again, with a lower learning rate if it diverges again."`,
  );
  expect(await files.checkpoint("sequence")).toEqual(checkpoint);
});

test("a bit that flips anywhere in a file is noticed, or changes nothing", async () => {
  const files = await store();
  await files.saveCheckpoint("sequence", checkpoint);
  const path = join(files.directory, "checkpoints", "sequence.safetensors");
  const whole = await readFile(path);
  let noticed = 0;
  for (let at = 0; at < whole.length; at++) {
    const damaged = Buffer.from(whole);
    damaged[at] ^= 1 << (at % 8);
    await writeFile(path, damaged);
    const read = await files.checkpoint("sequence").catch((cause) => cause);
    if (read instanceof CheckpointError) {
      noticed++;
      expect(read.file).toBe(path);
    } else expect(read, `byte ${at}`).toEqual(checkpoint);
  }
  expect(noticed).toBeGreaterThan(whole.length - 20); // only the name of the checksum itself can be lost
});

test("a finished stage with NaN in it is not read, nor a file of before checksums refused", async () => {
  const files = await store();
  await mkdir(join(files.directory, "stages"));
  const path = join(files.directory, "stages", "counts.safetensors");
  const words = { finished: JSON.stringify({ steps: 1, seconds: 1 }) };
  await writeSafetensors(path, { bias: float32([7], [1]) }, words);
  expect((await files.finished("counts"))?.artifact.arrays).toEqual({ bias: float32([7], [1]) });
  await writeSafetensors(path, { bias: float32([Number.NaN], [1]) }, words);
  const error = await files.finished("counts").catch((cause) => cause);
  expect(error).toMatchObject({ name: "CheckpointError", code: "nan-weights", file: path });
  expect(error.hint).toContain("Restore the file from a copy");
});

test("a damaged checkpoint says which file it is", async () => {
  const files = await store();
  await files.saveCheckpoint("sequence", checkpoint);
  const path = join(files.directory, "checkpoints", "sequence.safetensors");
  const said = (cause: Error) => `${cause}`.replace(path, "CHECKPOINT");
  const whole = await readFile(path);
  await writeFile(path, whole.toString("latin1").replace("cursor", "kursor"), "latin1");
  expect(await files.checkpoint("sequence").catch(said)).toMatchInlineSnapshot(
    `"CheckpointError: CHECKPOINT: its content is not what was written (the checksum differs). The file is damaged."`,
  );
  await writeFile(path, whole.subarray(0, whole.length - 3));
  expect(await files.checkpoint("sequence").catch(said)).toMatchInlineSnapshot(
    `"CheckpointError: CHECKPOINT: not a whole safetensors file: array "state/adam.m.bias" ends at byte 28 of the data, which has only 25. Restore it from a copy or make it again."`,
  );
});
