/** Which interactions a run is fitted on: what it may learn from, and what it can no longer be asked. */
import { ConfigError } from "#base";
import type { Histories, Split } from "#data";

export const FIT_ON = ["train", "train+valid", "all"] as const;
export type FitOn = (typeof FIT_ON)[number];

/** The histories that stages see. */
export function fitted(all: Histories, { train, beforeTest }: Split, fitOn: FitOn): Histories {
  return { train, "train+valid": beforeTest, all }[fitOn];
}

/** What a model was fitted on, as a protocol says it; refuses to ask it for targets that it was fitted on. */
export function unseenBy(run: string, fitOn: FitOn, split: "test" | "valid"): "train" | "train+valid" {
  if (fitOn === "train" || (fitOn === "train+valid" && split === "test")) return fitOn;
  const seen = fitOn === "all" ? "everything, so that it has no test" : "the validation targets too";
  throw new ConfigError(`${run}: this run was fitted on ${seen}. Its figures would be those of a model that knows.`, {
    code: "seen-targets",
    field: "split",
    hint: fitOn === "all" ? "Evaluate a run of the same options fitted on train." : "Evaluate it on test.",
  });
}
