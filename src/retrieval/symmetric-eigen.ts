/**
 * Eigenvalues and eigenvectors of a dense symmetric matrix, A = Σ_k λ_k v_k v_kᵀ, all of them, in O(n³).
 * Reflections first make the matrix tridiagonal, A = Q T Qᵀ; then rotations with Wilkinson's shift make T diagonal, one value
 * after the other from the end.
 * Source: Golub & Van Loan, Matrix Computations (4th ed.), algorithms 8.3.1 to 8.3.3. Vectors are kept as rows, so that a
 * rotation runs over neighbouring memory.
 */

/** Eigenvalues in falling order, and for each its unit vector. */
export interface Eigen {
  readonly values: Float64Array; // [n]
  readonly vectors: Float64Array; // [n, n], row k belongs to values[k]
}

/** The eigenvalues and vectors of `matrix` [n, n], symmetric, row after row; it is not changed. */
export function symmetricEigen(matrix: Float64Array, size: number): Eigen {
  const { diagonal, beside, vectors } = tridiagonal(Float64Array.from(matrix), size);
  diagonalise(diagonal, beside, vectors);
  const order = Array.from(diagonal.keys()).sort((a, b) => diagonal[b] - diagonal[a]);
  const sorted = new Float64Array(size * size);
  order.forEach((from, to) => {
    sorted.set(vectors.subarray(from * size, (from + 1) * size), to * size);
  });
  return { values: Float64Array.from(order, (at) => diagonal[at]), vectors: sorted };
}

interface Tridiagonal {
  readonly diagonal: Float64Array; // [n]
  readonly beside: Float64Array; // [n]: entry k joins k and k + 1; the last is 0
  readonly vectors: Float64Array; // [n, n]: Qᵀ
}

/** T and Qᵀ with A = Q T Qᵀ, by one reflection H = I − 2 v vᵀ a column; `a` is overwritten. */
function tridiagonal(a: Float64Array, size: number): Tridiagonal {
  const beside = new Float64Array(size);
  const vectors = new Float64Array(size * size);
  for (let at = 0; at < size; at++) vectors[at * size + at] = 1;
  const v = new Float64Array(size);
  const w = new Float64Array(size);
  for (let column = 0; column + 1 < size; column++) {
    const first = column + 1;
    beside[column] = reflector(a, size, column, v);
    // H A H = A − v wᵀ − w vᵀ  with  p = 2 A v,  w = p − (vᵀ p) v
    let inner = 0;
    for (let row = first; row < size; row++) {
      let sum = 0;
      for (let at = first; at < size; at++) sum += a[row * size + at] * v[at];
      w[row] = 2 * sum;
      inner += v[row] * w[row];
    }
    for (let row = first; row < size; row++) w[row] -= inner * v[row];
    for (let row = first; row < size; row++) {
      for (let at = first; at < size; at++) a[row * size + at] -= v[row] * w[at] + w[row] * v[at];
    }
    reflectRows(vectors, size, first, v, w);
  }
  return { diagonal: Float64Array.from(v.keys(), (at) => a[at * size + at]), beside, vectors };
}

/** Sets `v` so that I − 2 v vᵀ turns the column below the diagonal into one number, which is returned. */
function reflector(a: Float64Array, size: number, column: number, v: Float64Array): number {
  const first = column + 1;
  let square = 0;
  for (let row = first; row < size; row++) {
    v[row] = a[row * size + column];
    square += v[row] * v[row];
  }
  const target = v[first] > 0 ? -Math.sqrt(square) : Math.sqrt(square); // the other sign would cancel digits
  v[first] -= target;
  let norm = 0;
  for (let row = first; row < size; row++) norm += v[row] * v[row];
  norm = Math.sqrt(norm) || 1; // a column of zeros needs no reflection: v is 0
  for (let row = first; row < size; row++) v[row] /= norm;
  return target;
}

/** Rows `first ..` of `vectors` ← (I − 2 v vᵀ) times them; `sum` is scratch. */
function reflectRows(vectors: Float64Array, size: number, first: number, v: Float64Array, sum: Float64Array): void {
  sum.fill(0);
  for (let row = first; row < size; row++) {
    for (let at = 0; at < size; at++) sum[at] += v[row] * vectors[row * size + at];
  }
  for (let row = first; row < size; row++) {
    for (let at = 0; at < size; at++) vectors[row * size + at] -= 2 * v[row] * sum[at];
  }
}

/** Rotates T until nothing stands beside the diagonal, and the vectors with it. */
function diagonalise(diagonal: Float64Array, beside: Float64Array, vectors: Float64Array): void {
  const size = diagonal.length;
  let last = size - 1;
  for (let turn = 0; last > 0; turn++) {
    if (turn > 60 * size)
      throw new Error("internal: the eigenvalues of a symmetric matrix were not found (NaN in it?).");
    if (isNothing(diagonal, beside, last - 1)) {
      beside[--last] = 0;
      continue;
    }
    let first = last - 1;
    while (first > 0 && !isNothing(diagonal, beside, first - 1)) first--;
    chase(diagonal, beside, vectors, first, last);
  }
}

function isNothing(diagonal: Float64Array, beside: Float64Array, at: number): boolean {
  return Math.abs(beside[at]) <= Number.EPSILON * (Math.abs(diagonal[at]) + Math.abs(diagonal[at + 1]));
}

/** One shifted QR step on rows first .. last: a rotation at the top makes a bulge, the others chase it down and out. */
function chase(diagonal: Float64Array, beside: Float64Array, vectors: Float64Array, first: number, last: number): void {
  const half = (diagonal[last - 1] - diagonal[last]) / 2;
  const e = beside[last - 1];
  const shift = diagonal[last] - (e * e) / (half + (half < 0 ? -1 : 1) * Math.hypot(half, e));
  let x = diagonal[first] - shift;
  let bulge = beside[first];
  for (let at = first; at < last; at++) {
    const length = Math.hypot(x, bulge);
    const c = length === 0 ? 1 : x / length;
    const s = length === 0 ? 0 : bulge / length;
    if (at > first) beside[at - 1] = length;
    const upper = diagonal[at];
    const lower = diagonal[at + 1];
    const between = beside[at];
    diagonal[at] = c * c * upper + 2 * c * s * between + s * s * lower;
    diagonal[at + 1] = s * s * upper - 2 * c * s * between + c * c * lower;
    beside[at] = c * s * (lower - upper) + (c * c - s * s) * between;
    x = beside[at];
    if (at + 1 < last) {
      bulge = s * beside[at + 1];
      beside[at + 1] *= c;
    }
    rotateRows(vectors, diagonal.length, at, c, s);
  }
}

/** Rows `at` and `at + 1` ← c · row + s · next, c · next − s · row. */
function rotateRows(vectors: Float64Array, size: number, at: number, c: number, s: number): void {
  const row = at * size;
  for (let column = row; column < row + size; column++) {
    const own = vectors[column];
    const next = vectors[column + size];
    vectors[column] = c * own + s * next;
    vectors[column + size] = c * next - s * own;
  }
}
