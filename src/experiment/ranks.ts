/**
 * `evaluate --ranks`: where each user's hidden item stood, for tests of one's own:   user,rank   a line a user, the rank empty
 * where the item could not be recommended. Written beside and renamed.
 */
import { writeWhole } from "#base";
import type { Dataset } from "#data";
import type { Evaluation } from "#eval";

/** Writes the ranks of an evaluation as CSV (RFC 4180). */
export async function writeRanks(
  path: string,
  users: Dataset["users"],
  { userRows, ranks }: Pick<Evaluation, "userRows" | "ranks">,
): Promise<void> {
  const lines = Array.from(userRows, (row, at) => `${quoted(users.ids[row])},${shown(ranks[at])}\n`);
  await writeWhole(path, [new TextEncoder().encode(`user,rank\n${lines.join("")}`)]);
}

function shown(rank: number): string {
  return Number.isFinite(rank) ? String(rank) : "";
}

function quoted(id: string): string {
  return /[",\r\n]/.test(id) ? `"${id.replaceAll('"', '""')}"` : id;
}
