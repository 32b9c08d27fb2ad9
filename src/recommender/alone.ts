/**
 * One expert of a ranker, ranking by itself: what each part of a model is worth. Experts of a re-ranked base are found too,
 * since what was fused or ordered anew was theirs.
 */
import { ConfigError, didYouMean } from "#base";
import type { Ranker } from "./contract.ts";
import type { ExpertKind } from "./fusion/share.ts";

/**
 * A ranker of one expert; disposing of it disposes of the whole. `who` names the model in the error.
 * @example
 * const generator = alone(ranker, "generator", "runs/first");
 */
export function alone(ranker: Ranker, name: string, who: string): Ranker {
  const speaker = speakers(ranker).find(({ experts = {} }) => Object.hasOwn(experts, name));
  if (speaker?.experts === undefined) throw unknownExpert(ranker, name, who);
  const kinds: Readonly<Record<string, ExpertKind>> = { [name]: speaker.experts[name] };
  return {
    experts: kinds,
    ...(speaker.readsAnswer && { readsAnswer: true }),
    encode: (profiles, key) => speaker.encode(profiles, key),
    score: async (states, items) => ({ [name]: (await speaker.score(states, items, [name]))[name] }),
    [Symbol.asyncDispose]: () => ranker[Symbol.asyncDispose](),
  };
}

/** The ranker, its base, that one's base, … */
function speakers(ranker: Ranker): Ranker[] {
  return [ranker, ...(ranker.base === undefined ? [] : speakers(ranker.base))];
}

function unknownExpert(ranker: Ranker, name: string, who: string): ConfigError {
  const known = speakers(ranker).flatMap(({ experts = {} }) => Object.keys(experts));
  if (known.length === 0) {
    return new ConfigError(`${who} has no experts: its model ranks as a whole, and "${name}" is no part of it.`, {
      code: "unknown-expert",
      field: "expert",
      hint: "Leave the expert out.",
    });
  }
  return new ConfigError(
    `${who} has no expert "${name}"${didYouMean(name, known) || "."} Its experts: ${known.join(", ")}.`,
    { code: "unknown-expert", field: "expert", hint: `Choose one of ${known.join(", ")}.` },
  );
}
