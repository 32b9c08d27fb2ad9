/**
 * Windows of training histories: which stretch of a history a row reads. Of n items n - 1 can be predicted; a window of
 * width w that ends at item e reads items e-w .. e-1 and is asked for e-w+1 .. e.
 *   last: the most recent `maxLength` targets, one window a user, as SASRec trains (arXiv 1808.09781)
 *   cut: from the end, windows side by side until the history's beginning; every item but the first is a target once
 *   { stride }: windows that end `stride` items apart, from the end; they overlap, so that more targets see a long past
 * Long histories (ML-1M: 138 items on average) then teach all they hold, and an epoch grows with them.
 */
import { ConfigError } from "#base";
import type { Histories } from "./histories.ts";

/** How histories become windows. */
export type WindowRule = "last" | "cut" | { readonly stride: number };

/** Windows one after the other, by user, the newest of a user first. */
export interface Windows {
  readonly count: number;
  /** Row of the k-th window's user. */
  readonly users: Int32Array;
  /** Place of the k-th window's newest target in `histories.items`. */
  readonly ends: Float64Array;
  /** Positions w of the k-th window, 1 to `maxLength`. */
  readonly widths: Int32Array;
}

/** All windows of all users who have something to predict. */
export function windowsOf(histories: Histories, maxLength: number, rule: WindowRule = "last"): Windows {
  const stride = strideOf(rule, maxLength);
  const count = countWindows(histories, maxLength, stride);
  const [users, ends, widths] = [new Int32Array(count), new Float64Array(count), new Int32Array(count)];
  let filled = 0;
  for (let user = 0; user < histories.users; user++) {
    const targets = histories.lengthOf(user) - 1;
    for (let window = 0; window < windowsIn(targets, maxLength, stride); window++, filled++) {
      const back = window === 0 ? 0 : window * stride; // 0 · ∞ is no number
      users[filled] = user;
      ends[filled] = histories.ends[user] - 1 - back;
      widths[filled] = Math.min(targets - back, maxLength);
    }
  }
  return { count, users, ends, widths };
}

/** How many windows there are, without making them. */
export function windowCount(histories: Histories, maxLength: number, rule: WindowRule = "last"): number {
  return countWindows(histories, maxLength, strideOf(rule, maxLength));
}

function countWindows(histories: Histories, maxLength: number, stride: number): number {
  let count = 0;
  for (let user = 0; user < histories.users; user++)
    count += windowsIn(histories.lengthOf(user) - 1, maxLength, stride);
  return count;
}

/** The first window covers `maxLength` targets, each further one `stride` more; the last one begins the history. */
function windowsIn(targets: number, maxLength: number, stride: number): number {
  if (targets < 1) return 0;
  if (targets <= maxLength || stride === Number.POSITIVE_INFINITY) return 1;
  return 1 + Math.ceil((targets - maxLength) / stride);
}

function strideOf(rule: WindowRule, maxLength: number): number {
  if (rule === "last") return Number.POSITIVE_INFINITY;
  if (rule === "cut") return maxLength;
  const { stride } = rule;
  if (Number.isInteger(stride) && stride >= 1 && stride <= maxLength) return stride;
  throw new ConfigError(
    `windows: stride = ${stride}: expected a whole number from 1 to maxLength = ${maxLength}, so that no item falls between two windows.`,
    { code: "bad-value", field: "stride", hint: "Windows side by side are called cut." },
  );
}
