/** The real logs of the shared data folder, for tests that skip where it is absent. */
import { existsSync, readFileSync } from "node:fs";
import { Histories } from "#data";

const folder = new URL("../../../shared/data/", import.meta.url);

/** Why a test on a real log skips, or undefined when the log is there. */
export function missing(name: string): string | undefined {
  return existsSync(new URL(`${name}/test.txt`, folder))
    ? undefined
    : `real log "${name}" is not at ../shared/data: the test skips`;
}

/** Histories of a log in DeftRec's format (`user item item …` from 0), items renumbered from 1, and how many items. */
export function realLog(name: string): { histories: Histories; items: number } {
  const lines = readFileSync(new URL(`${name}/test.txt`, folder), "utf8").split("\n");
  const rows = lines
    .filter((line) => line.trim() !== "")
    .map((line) =>
      line
        .trim()
        .split(" ")
        .slice(1)
        .map((word) => Number(word) + 1),
    );
  return { histories: Histories.from(rows), items: rows.reduce((most, row) => Math.max(most, ...row), 0) };
}
