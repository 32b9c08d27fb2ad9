/** Which runs are one model trained several times: everything that decides their result is equal but the seed. */
import { isDeepStrictEqual } from "node:util";
import type { RunManifest } from "./manifest.ts";

/** What a run was made of, beside its data. */
export type Made = Pick<RunManifest, "model" | "config" | "seed" | "maskHistory" | "fitOn" | "versions">;

/**
 * Positions of `runs`, one list a model, in the order in which models first come. A seed that its model already has begins
 * a row of its own: a run beside itself is no second draw.
 */
export function bySeed(runs: readonly Made[]): number[][] {
  const groups: number[][] = [];
  runs.forEach((run, at) => {
    const joins = (group: number[]) =>
      sameButSeed(runs[group[0]], run) && group.every((other) => runs[other].seed !== run.seed);
    const found = groups.find(joins);
    if (found === undefined) groups.push([at]);
    else found.push(at);
  });
  return groups;
}

function sameButSeed(a: Made, b: Made): boolean {
  const rest = ({ model, config, maskHistory, fitOn, versions }: Made) => {
    return { model, config, maskHistory, fitOn, version: versions.deftrec };
  };
  return isDeepStrictEqual(rest(a), rest(b));
}
