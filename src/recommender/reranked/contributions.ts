/**
 * What spoke for a candidate: how far its score falls where one source says of it only what it says of the average candidate.
 *   gain_s(i) = f(x_i) − f(x_i with the columns of s at their mean over the list)      f the mean of the nets
 * Columns of one source (features.ts) are set together: log and root of one share each hide what the other would show.
 * Gains need not add up to the score: the nets are not linear. Source: occlusion (Zeiler and Fergus, ECCV 2014), by columns.
 */
import type { Contribution } from "../contract.ts";

/** Scores rows of features [R, F], one number a row. */
export type ScoreRows = (rows: Float32Array, count: number) => Promise<Float32Array>;

/** Of each row in `asked` of a list of features [C, F]: every source and its gain, the greatest first. */
export async function contributionsOf(
  features: Float32Array,
  sources: readonly string[],
  asked: readonly number[],
  score: ScoreRows,
): Promise<readonly (readonly Contribution[])[]> {
  const width = sources.length;
  const names = [...new Set(sources)];
  const mean = columnMeans(features, width);
  const each = names.length + 1;
  const rows = new Float32Array(asked.length * each * width);
  asked.forEach((row, at) => {
    const own = features.subarray(row * width, (row + 1) * width);
    for (let variant = 0; variant < each; variant++) rows.set(own, (at * each + variant) * width);
    names.forEach((name, nth) => {
      const from = (at * each + nth + 1) * width;
      sources.forEach((source, column) => {
        if (source === name) rows[from + column] = mean[column];
      });
    });
  });
  const scores = await score(rows, asked.length * each);
  return asked.map((_, at) =>
    names
      .map((source, nth) => ({ source, gain: scores[at * each] - scores[at * each + nth + 1] }))
      .sort((a, b) => b.gain - a.gain),
  );
}

function columnMeans(features: Float32Array, width: number): Float64Array {
  const means = new Float64Array(width);
  for (let at = 0; at < features.length; at++) means[at % width] += features[at] / (features.length / width);
  return means;
}
