import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { killAndResume } from "./kill.ts";

test("killed at any moment and resumed, a training leaves the weights of one never stopped, and nothing else", async () => {
  const folder = await mkdtemp(join(tmpdir(), "deftrec-kill-"));
  const { kills, different, leftovers } = await killAndResume(folder, { kills: 4, seed: 7 });
  await rm(folder, { recursive: true });
  expect({ kills, different, leftovers }).toEqual({ kills: 4, different: 0, leftovers: [] });
}, 180_000);
