/**
 * What may stand between a history and [PREF] (option `reasoning`), so that the condition comes of a response that was thought
 * out before:
 *   none        head | lines | P places of [PREF]
 *   generated   head | lines | tail | a response that the model wrote itself | [PREF]      in training written anew each epoch
 *   oracle      head | lines | tail | the true response | [PREF]      an ablation that reads the answer
 * Source: DeftRec (arXiv 2504.12007), which conditions on the response; in its code on the true one in training and on a
 * generated one at test. Differs: each mode is the same in training and answering.
 */
import { type Histories, windowsOf } from "#data";
import { type Arrays, int32 } from "#tensor";
import type { DeftRecConfig } from "../config.ts";
import type { Prompts } from "./prompt.ts";

/** The response behind a history whose next item is `item`, of group `group`: token ids. */
export type Reasoned = (history: ArrayLike<number>, item: number, group: number) => readonly number[];

/** Histories whose next item is asked: of each window the last `reasoningTargets` beginnings, each once. */
export function askedHistories(
  histories: Histories,
  { maxLength, reasoningTargets }: Pick<DeftRecConfig, "maxLength" | "reasoningTargets">,
): Int32Array[] {
  const { count, ends, widths } = windowsOf(histories, maxLength, "cut");
  const asked = new Map<string, Int32Array>();
  for (let window = 0; window < count; window++) {
    const first = ends[window] - widths[window];
    for (let back = Math.min(reasoningTargets, widths[window]) - 1; back >= 0; back--) {
      const history = histories.items.slice(first, ends[window] - back);
      asked.set(history.join(), history);
    }
  }
  return [...asked.values()];
}

/** Responses [n, most] as an array, filled up with -1. */
export function responseArrays(written: readonly (readonly number[])[]): Arrays {
  const most = Math.max(1, ...written.map(({ length }) => length));
  const ids = new Int32Array(written.length * most).fill(-1);
  written.forEach((response, row) => {
    ids.set(response, row * most);
  });
  return { responses: int32(ids, [written.length, most]) };
}

/** The responses that were written behind these histories. */
function writtenBehind(asked: readonly Int32Array[], { responses }: Arrays): Reasoned {
  const [, most] = responses.shape;
  const ids = responses.data as Int32Array; // as: int32 by construction
  const rowOf = new Map(asked.map((history, row) => [history.join(), row]));
  return (history) => {
    const row = rowOf.get(Array.from(history).join());
    if (row === undefined) throw new Error("internal: no response was written behind a history that is asked");
    return [...ids.subarray(row * most, (row + 1) * most)].filter((id) => id >= 0);
  };
}

/** The true responses. */
function trueResponses(prompts: Prompts, groupNames: readonly string[]): Reasoned {
  return (_history, item, group) => prompts.reasoned(item, groupNames[group] ?? "");
}

/** What stands before [PREF] in an epoch that began with `fresh`, for its prompts. */
export function reasonedOf(
  options: DeftRecConfig,
  { prompts, groupNames }: { readonly prompts: Prompts; readonly groupNames: readonly string[] },
  histories: Histories,
  fresh: Arrays = {},
): { readonly reasoned?: Reasoned } {
  if (options.reasoning === "none") return {};
  if (options.reasoning === "oracle") return { reasoned: trueResponses(prompts, groupNames) };
  return { reasoned: writtenBehind(askedHistories(histories, options), fresh) };
}
