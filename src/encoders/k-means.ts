/**
 * Groups of vectors: each belongs to the nearest of K centres, each centre is the mean of its own.
 * Source: Lloyd, IEEE Trans. Inf. Theory 28(2), 1982; centres start by k-means++ (Arthur and Vassilvitskii, SODA 2007), each
 * drawn with probability proportional to the squared distance from those before it. A centre that loses all its vectors
 * moves to the vector farthest from its own centre.
 */
import { type Key, Stream } from "#random";

export interface Groups {
  /** Group of each vector, [n]. */
  readonly groupOf: Int32Array;
  /** [K, D] */
  readonly centres: Float64Array;
}

const MOST_TURNS = 25;

/** K groups of the rows of `data` [n, dim]; at most n. */
export function kMeans(data: Float32Array, dim: number, count: number, key: Key): Groups {
  const rows = data.length / dim;
  const groups = Math.min(count, rows);
  const centres = firstCentres(data, dim, groups, new Stream(key));
  const groupOf = new Int32Array(rows);
  const distance = new Float64Array(rows);
  for (let turn = 0; turn < MOST_TURNS; turn++) {
    if (!assign(data, dim, centres, groupOf, distance) && turn > 0) break;
    move(data, dim, centres, groupOf, distance);
  }
  assign(data, dim, centres, groupOf, distance);
  return { groupOf, centres };
}

function firstCentres(data: Float32Array, dim: number, groups: number, stream: Stream): Float64Array {
  const rows = data.length / dim;
  const centres = new Float64Array(groups * dim);
  const nearest = new Float64Array(rows).fill(Number.POSITIVE_INFINITY);
  let chosen = stream.below(rows);
  for (let group = 0; group < groups; group++) {
    for (let k = 0; k < dim; k++) centres[group * dim + k] = data[chosen * dim + k];
    let total = 0;
    for (let row = 0; row < rows; row++) {
      nearest[row] = Math.min(nearest[row], squaredDistance(data, row, centres, group, dim));
      total += nearest[row];
    }
    let left = stream.uniform() * total;
    chosen = 0;
    for (; chosen < rows - 1; chosen++) {
      left -= nearest[chosen];
      if (left < 0) break;
    }
  }
  return centres;
}

/** Sends every vector to its nearest centre; whether any moved. */
function assign(data: Float32Array, dim: number, centres: Float64Array, groupOf: Int32Array, distance: Float64Array) {
  let moved = false;
  for (let row = 0; row < groupOf.length; row++) {
    let [best, least] = [0, Number.POSITIVE_INFINITY];
    for (let group = 0; group < centres.length / dim; group++) {
      const far = squaredDistance(data, row, centres, group, dim);
      if (far < least) [best, least] = [group, far];
    }
    moved ||= groupOf[row] !== best;
    groupOf[row] = best;
    distance[row] = least;
  }
  return moved;
}

function move(data: Float32Array, dim: number, centres: Float64Array, groupOf: Int32Array, distance: Float64Array) {
  const counts = new Int32Array(centres.length / dim);
  centres.fill(0);
  groupOf.forEach((group, row) => {
    counts[group]++;
    for (let k = 0; k < dim; k++) centres[group * dim + k] += data[row * dim + k];
  });
  counts.forEach((count, group) => {
    if (count > 0) {
      for (let k = 0; k < dim; k++) centres[group * dim + k] /= count;
      return;
    }
    const farthest = distance.reduce((most, far, row) => (far > distance[most] ? row : most), 0);
    distance[farthest] = 0;
    for (let k = 0; k < dim; k++) centres[group * dim + k] = data[farthest * dim + k];
  });
}

function squaredDistance(data: Float32Array, row: number, centres: Float64Array, group: number, dim: number): number {
  let sum = 0;
  for (let k = 0; k < dim; k++) sum += (data[row * dim + k] - centres[group * dim + k]) ** 2;
  return sum;
}
