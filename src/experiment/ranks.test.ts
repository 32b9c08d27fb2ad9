import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Users } from "#data";
import { writeRanks } from "./ranks.ts";

test("one line a user, commas and quotes in ids quoted, an unreachable item without a rank", async () => {
  const folder = await mkdtemp(join(tmpdir(), "ranks-"));
  try {
    const ids = ["a", "not asked", 'b, "the second"', "c"];
    const path = join(folder, "ranks.csv");
    const users = new Users(ids);
    const ranks = Float64Array.of(3, 1, Number.POSITIVE_INFINITY);
    await writeRanks(path, users, { userRows: Int32Array.of(0, 2, 3), ranks });
    expect(await readFile(path, "utf8")).toBe('user,rank\na,3\n"b, ""the second""",1\nc,\n');
  } finally {
    await rm(folder, { recursive: true });
  }
});
