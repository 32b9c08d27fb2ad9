/**
 * Short, medium and long histories, by how many interactions of the user are in training (repeated ones count).
 * The bounds are fixed, not quantiles: a slice means the same on every log. In a 5-core log the shortest user has 3.
 */
import type { Slicing } from "../slice.ts";

/** The most interactions that a short, and a medium, history has. */
const [SHORT, MEDIUM] = [5, 20];

export const historyLength: Slicing = {
  by: "history",
  parts: [
    { name: "short", bounds: `at most ${SHORT} training interactions` },
    { name: "medium", bounds: `${SHORT + 1} to ${MEDIUM} training interactions` },
    { name: "long", bounds: `more than ${MEDIUM} training interactions` },
  ],
  partOf: ({ user }, { train }) => {
    const length = train.lengthOf(user);
    if (length <= SHORT) return 0;
    return length <= MEDIUM ? 1 : 2;
  },
};
