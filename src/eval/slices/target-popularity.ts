/** Cold and warm targets: whether training saw the hidden item often enough to learn it. Cold is what `inspect` calls so. */
import { COLD_INTERACTIONS } from "#data";
import type { Slicing } from "../slice.ts";

export const targetPopularity: Slicing = {
  by: "target",
  parts: [
    { name: "cold", bounds: `at most ${COLD_INTERACTIONS} training interactions` },
    { name: "warm", bounds: `more than ${COLD_INTERACTIONS} training interactions` },
  ],
  partOf: ({ target }, { popularity }) => (popularity[target] <= COLD_INTERACTIONS ? 0 : 1),
};
