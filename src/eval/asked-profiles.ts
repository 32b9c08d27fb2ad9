/** Whom a ranker is asked about when its answers are known: the profiles of targets, with the answer for one that reads it. */
import type { Targets } from "#data";
import type { Profile, Ranker } from "#recommender";

/** Profiles of the targets `asked`, by their number among all. */
export function askedProfiles(
  { readsAnswer = false }: Pick<Ranker, "readsAnswer">,
  targets: Targets,
  asked: ArrayLike<number>,
): readonly Profile[] {
  return Array.from(asked, (k) => ({
    history: targets.historyOf(k),
    ...(readsAnswer && { answer: targets.targets[k] }),
  }));
}
