/**
 * TREC's two text formats, which trec_eval and its relatives read.
 *   run:   user Q0 item rank score tag        qrels: user 0 item 1
 * Source: trec_eval's README. Those tools ignore `rank`: they sort by score, read as a 32-bit float, and break ties by the id.
 * So the scores written are the model's, except that one which does not fall below the one before is lowered to just below
 * it, in 32-bit floats: sorted by score, the list is in our order, ties against the target included.
 */

/** Smallest step down, for scores near 0: a normal 32-bit float, so that no reader flushes it away. */
const LEAST_STEP = 1e-30;

/** One user's lines of a run, best first. */
export function runLines(user: string, items: readonly string[], scores: ArrayLike<number>, tag: string): string {
  const [quotedUser, quotedTag] = [quoted(user), quoted(tag)];
  let lines = "";
  let above = Number.POSITIVE_INFINITY;
  items.forEach((item, at) => {
    above = Math.min(scores[at], below(above));
    // Nine digits tell any two 32-bit floats apart.
    lines += `${quotedUser} Q0 ${quoted(item)} ${at + 1} ${Number(above.toPrecision(9))} ${quotedTag}\n`;
  });
  return lines;
}

/** One user's line of the relevance judgements. */
export function qrelsLine(user: string, item: string): string {
  return `${quoted(user)} 0 ${quoted(item)} 1\n`;
}

/** A 32-bit float below `score`, by one or two units in its last place. */
function below(score: number): number {
  if (score === Number.POSITIVE_INFINITY) return score;
  return Math.fround(score - Math.max(Math.abs(score) * 2 ** -23, LEAST_STEP));
}

/** Ids may hold anything, fields no white space: it is percent-encoded, and so is % itself, to be told from it. */
function quoted(id: string): string {
  return /[\s%]/.test(id) ? id.replace(/[\s%]/g, encodeURIComponent) : id;
}
