import type { Key } from "./key.ts";
import { Stream } from "./stream.ts";

/** The numbers 0 .. length - 1 in random order (Fisher and Yates), each order as likely as any other. */
export function shuffled(key: Key, length: number): Int32Array {
  const order = new Int32Array(length);
  for (let at = 0; at < length; at++) order[at] = at;
  const stream = new Stream(key);
  for (let at = length - 1; at > 0; at--) {
    const other = stream.below(at + 1);
    const kept = order[at];
    order[at] = order[other];
    order[other] = kept;
  }
  return order;
}
