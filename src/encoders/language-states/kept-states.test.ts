import { mkdtemp, readdir, rm, truncate } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { KeptStates, namesOf } from "./kept-states.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "deftrec-states-"));
});
afterAll(() => rm(folder, { recursive: true }));

test("what is written is there when opened again; what is not yet written is not, and a second writer adds to it", async () => {
  const place = join(folder, "two");
  const first = await KeptStates.open(place, 3);
  const [a, b, c] = namesOf([1, 2, 3], [1, 2, 3]);
  await first.add(a, Uint16Array.of(1, 2, 3));
  await first.write();
  await first.add(b, Uint16Array.of(4, 5, 6));
  const second = await KeptStates.open(place, 3);
  expect(second.count).toBe(1);
  expect(second.get(a)).toEqual(Uint16Array.of(1, 2, 3));
  expect(second.get(b)).toBeUndefined();
  await second.add(c, Uint16Array.of(7, 8, 9));
  await second.write();
  await first.write();
  const third = await KeptStates.open(place, 3);
  expect([a, b, c].map((name) => [...(third.get(name) ?? [])])).toEqual([
    [1, 2, 3],
    [4, 5, 6],
    [7, 8, 9],
  ]);
});

test("a damaged file is taken away, and its states are unknown", async () => {
  const place = join(folder, "damaged");
  const kept = await KeptStates.open(place, 2);
  const [name] = namesOf([9], [1]);
  await kept.add(name, Uint16Array.of(1, 1));
  await kept.write();
  const [file] = await readdir(place);
  await truncate(join(place, file), 40);
  expect((await KeptStates.open(place, 2)).count).toBe(0);
  expect(await readdir(place)).toEqual([]);
});

test("a beginning has one name, whatever follows; other numbers have others", () => {
  const [one, two] = namesOf([5, 6, 7], [2, 3]);
  expect(namesOf([5, 6, 8], [2])).toEqual([one]);
  expect(namesOf([5, 6, 7], [3])).toEqual([two]);
  expect(new Set([one, two, ...namesOf([5, 6, 8, 0], [3, 4])]).size).toBe(4);
});
