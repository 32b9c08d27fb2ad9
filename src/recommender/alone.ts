/**
 * One expert of a ranker, ranking by itself: what each part of a model is worth. Experts of a re-ranked base are asked there,
 * who need not be read as its re-ranker reads.
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

/** The base's base, …, the base, the ranker. */
function speakers(ranker: Ranker): Ranker[] {
  return [...(ranker.base === undefined ? [] : speakers(ranker.base)), ranker];
}

function unknownExpert(ranker: Ranker, name: string, who: string): ConfigError {
  const known = [...new Set(speakers(ranker).flatMap(({ experts = {} }) => Object.keys(experts)))];
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
