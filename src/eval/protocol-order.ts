/**
 * A ranked list in the order that ranks are counted in: of equal scores the lower index first, but the target after all of
 * them. Whoever reads the list finds the target exactly at its rank.
 */
import { type Selection, selectTop } from "#retrieval";

/** The first `depth` places of one user's ranking, whose target has rank `rank` (Infinity: it is not in it). */
export function protocolOrder(scores: Float32Array, target: number, rank: number, depth: number): Selection {
  // One more than is asked for: the target may have to leave the list for a later place.
  const best = selectTop(scores, depth + 1);
  const others = Array.from(best.indices.keys()).filter((at) => best.indices[at] !== target);
  const indices = others.map((at) => best.indices[at]);
  const listed = others.map((at) => best.scores[at]);
  if (rank <= depth) {
    indices.splice(rank - 1, 0, target);
    listed.splice(rank - 1, 0, scores[target]);
  }
  return { indices: Int32Array.from(indices.slice(0, depth)), scores: Float32Array.from(listed.slice(0, depth)) };
}
