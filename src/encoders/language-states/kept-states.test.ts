import { mkdtemp, readdir, rm, stat, truncate, utimes } from "node:fs/promises";
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

test("what was added beyond the bound stays on disk alone, but not while somebody reads", async () => {
  const place = join(folder, "bounded");
  const kept = await KeptStates.open(place, 2, { onDisk: 2 ** 20, added: 4 * 4 }); // four states
  const names = namesOf([1, 2, 3, 4, 5, 6], [1, 2, 3, 4, 5, 6]);
  const known = () => names.filter((name) => kept.get(name) !== undefined);
  const addAll = async () => {
    for (const [at, name] of names.entries()) await kept.add(name, Uint16Array.of(at, at));
    return known();
  };
  await kept.during(async () => {
    expect(await kept.during(addAll)).toEqual(names);
    expect(known()).toEqual(names); // the outer one has not ended
  });
  expect(known()).toEqual(names.slice(4));
  const again = await KeptStates.open(place, 2);
  expect(names.map((name) => again.get(name)?.[0])).toEqual([0, 1, 2, 3, 4, 5]);
  expect(await again.during(async () => again.count)).toBe(6); // what was there when it was opened stays
  expect(again.count).toBe(6);
});

test("a directory that has grown beyond its bound loses the files written longest ago", async () => {
  const place = join(folder, "grown");
  const names = namesOf([1, 2, 3], [1, 2, 3]);
  for (const [at, name] of names.entries()) {
    const writer = await KeptStates.open(place, 2);
    const before = new Set(await readdir(place));
    await writer.add(name, Uint16Array.of(at, at));
    await writer.write();
    const [file] = (await readdir(place)).filter((entry) => !before.has(entry));
    await utimes(join(place, file), 1000 + at, 1000 + at);
  }
  const { size } = await stat(join(place, (await readdir(place))[0]));
  const kept = await KeptStates.open(place, 2, { onDisk: 2 * size, added: 2 ** 20 });
  expect(names.map((name) => kept.get(name)?.[0])).toEqual([undefined, 1, 2]);
  expect(await readdir(place)).toHaveLength(2);
});

test("a beginning has one name, whatever follows; other numbers have others", () => {
  const [one, two] = namesOf([5, 6, 7], [2, 3]);
  expect(namesOf([5, 6, 8], [2])).toEqual([one]);
  expect(namesOf([5, 6, 7], [3])).toEqual([two]);
  expect(new Set([one, two, ...namesOf([5, 6, 8, 0], [3, 4])]).size).toBe(4);
});
