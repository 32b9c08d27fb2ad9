/** Primitives once more, as loops over plain numbers: the reference where jax-js has no such operation. */
import type { NdArray, SparseMatrix } from "#tensor";

/** An array of plain numbers. */
export interface Plain {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

// biome-ignore lint/suspicious/noExplicitAny: attributes differ from primitive to primitive; each twin knows its own
type Twin = (inputs: readonly Plain[], attributes: any) => readonly Plain[];
type Along = { axis: number };
type Product = { transposeA: boolean; transposeB: boolean; scale: number };
type Cumulate = Along & { exclusive: boolean; reverse: boolean };

/** By the primitive's name; every output is given. */
const TWINS: Readonly<Record<string, Twin>> = {
  cast: ([x], { to }: { to: string }) => [tabulate(x.shape, (at) => converted(read(x, at), to))],
  crossEntropy: ([logits, targets]) => {
    const logProbabilities = tabulate(logits.shape, (at) => {
      const row = at.slice(0, -1);
      const logTotal = Math.log(total(logits.shape.at(-1)!, (v) => Math.exp(read(logits, [...row, v]))));
      return read(logits, at) - logTotal;
    });
    return [tabulate(targets.shape, (at) => -read(logProbabilities, [...at, read(targets, at)])), logProbabilities];
  },
  cumsum: ([x], { axis, exclusive, reverse }: Cumulate) => {
    const counts = (other: number, here: number) =>
      exclusive ? (reverse ? other > here : other < here) : reverse ? other >= here : other <= here;
    return [
      tabulate(x.shape, (at) =>
        total(x.shape[axis], (other) => (counts(other, at[axis]) ? read(x, at.with(axis, other)) : 0)),
      ),
    ];
  },
  cachedAttention: ([query, keys, values, pastKeys, pastValues, pastMask, amongMask]) => {
    const [heads, length] = query.shape.slice(1);
    const [shared, past] = [keys.shape[1], pastKeys.shape[4]];
    const of = (h: number) => Math.floor(h / (heads / shared));
    const score = ([b, h, s]: readonly number[], at: number) => {
      const key = (d: number) => {
        return at < past ? read(pastKeys, [b, of(h), 0, d, at]) : read(keys, [b, of(h), d, at - past]);
      };
      const mask = at < past ? read(pastMask, [b, 0, 0, 0, at]) : read(amongMask, [b, 0, 0, s, at - past]);
      return total(query.shape[3], (d) => read(query, [b, h, s, d]) * key(d)) + mask;
    };
    return [
      tabulate(query.shape, ([b, h, s, d]) => {
        const shares = Array.from({ length: past + length }, (_, at) => Math.exp(score([b, h, s], at)));
        const value = (at: number) => {
          return at < past ? read(pastValues, [b, of(h), 0, at, d]) : read(values, [b, of(h), at - past, d]);
        };
        return total(past + length, (at) => shares[at] * value(at)) / total(past + length, (at) => shares[at]);
      }),
    ];
  },
  gru: ([x, weight, bias]) => {
    const [steps, batch] = x.shape;
    const hidden = weight.shape[1];
    const states = tabulate([steps, batch, hidden], () => 0).data.slice();
    const [gates, candidates, inner] = [[], [], []] as number[][];
    const sigmoid = (value: number) => 1 / (1 + Math.exp(-value));
    for (let t = 0; t < steps; t++) {
      for (let b = 0; b < batch; b++) {
        const before = (h: number) => (t === 0 ? 0 : states[((t - 1) * batch + b) * hidden + h]);
        const recurrent = (row: number) => bias.data[row] + total(hidden, (h) => read(weight, [row, h]) * before(h));
        const gate = (row: number) => sigmoid(read(x, [t, b, row]) + recurrent(row));
        for (let row = 0; row < 2 * hidden; row++) gates.push(gate(row));
        for (let h = 0; h < hidden; h++) {
          const own = recurrent(2 * hidden + h);
          const candidate = Math.tanh(read(x, [t, b, 2 * hidden + h]) + gate(h) * own);
          inner.push(own);
          candidates.push(candidate);
          const update = gate(hidden + h);
          states[(t * batch + b) * hidden + h] = (1 - update) * candidate + update * before(h);
        }
      }
    }
    const wide = (width: number, data: number[]) => ({ shape: [steps, batch, width], data });
    return [wide(hidden, states), wide(2 * hidden, gates), wide(hidden, candidates), wide(hidden, inner)];
  },
  gruGradient: ([gradient, factors, update, weight]) => {
    const [steps, batch, hidden] = gradient.shape;
    const totals = gradient.data.slice();
    const products = factors.data.slice();
    for (let t = steps - 1; t >= 0; t--) {
      for (let b = 0; b < batch; b++) {
        const [from, row] = [(t * batch + b) * hidden, (t * batch + b) * 3 * hidden];
        for (let k = 0; k < 3 * hidden; k++) products[row + k] *= totals[from + (k % hidden)];
        for (let h = 0; t > 0 && h < hidden; h++) {
          const through = total(3 * hidden, (k) => products[row + k] * read(weight, [k, h]));
          totals[from - batch * hidden + h] += update.data[from + h] * totals[from + h] + through;
        }
      }
    }
    return [
      { shape: gradient.shape, data: totals },
      { shape: factors.shape, data: products },
    ];
  },
  layerNorm: ([x, scale, shift], { epsilon }: { epsilon: number }) => {
    const width = x.shape.at(-1)!;
    const kept = [...x.shape.slice(0, -1), 1];
    const mean = tabulate(kept, (at) => total(width, (d) => read(x, at.with(-1, d))) / width);
    const inverse = tabulate(kept, (at) => {
      const squares = total(width, (d) => (read(x, at.with(-1, d)) - read(mean, at)) ** 2);
      return 1 / Math.sqrt(squares / width + epsilon);
    });
    const y = tabulate(x.shape, (at) => {
      const normal = (read(x, at) - read(mean, at.with(-1, 0))) * read(inverse, at.with(-1, 0));
      return normal * scale.data[at.at(-1)!] + shift.data[at.at(-1)!];
    });
    return [y, mean, inverse];
  },
  linearCrossEntropy: ([states, table, targets, weights]) => {
    const [items, width] = table.shape;
    const logits = tabulate([states.shape[0], items], ([p, n]) =>
      total(width, (d) => read(states, [p, d]) * read(table, [n, d])),
    );
    const sums = Array.from(targets.data, (_, p) => total(items, (n) => Math.exp(read(logits, [p, n]))));
    const share = (p: number, n: number) => Math.exp(read(logits, [p, n])) / sums[p];
    const loss = total(sums.length, (p) => weights.data[p] * -Math.log(share(p, targets.data[p])));
    return [
      { shape: [], data: [loss] },
      tabulate(states.shape, ([p, d]) => weights.data[p] * total(items, (n) => share(p, n) * read(table, [n, d]))),
      tabulate(table.shape, ([n, d]) =>
        total(sums.length, (p) => weights.data[p] * share(p, n) * read(states, [p, d])),
      ),
    ];
  },
  log: ([x]) => [tabulate(x.shape, (at) => Math.log(read(x, at)))],
  logSoftmax: ([x], { axis }: Along) => [
    tabulate(x.shape, (at) => {
      const sum = total(x.shape[axis], (other) => Math.exp(read(x, at.with(axis, other))));
      return read(x, at) - Math.log(sum);
    }),
  ],
  logSumExp: ([x], { axes, keepDims }: { axes: number[]; keepDims: boolean }) => {
    const shape = x.shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
    const sums = tabulate(shape, () => 0).data.slice();
    tabulate(x.shape, (at) => {
      const to = at.map((index, axis) => (axes.includes(axis) ? 0 : index));
      sums[flatten(shape, to)] += Math.exp(read(x, at));
      return 0;
    });
    const kept = keepDims ? shape : x.shape.filter((_, axis) => !axes.includes(axis));
    return [{ shape: kept, data: sums.map(Math.log) }];
  },
  matmul: ([a, b], { transposeA, transposeB, scale }: Product) => {
    const [rows, inner] = transposeA ? [a.shape.at(-1)!, a.shape.at(-2)!] : [a.shape.at(-2)!, a.shape.at(-1)!];
    const columns = transposeB ? b.shape.at(-2)! : b.shape.at(-1)!;
    const leading = broadcast(a.shape.slice(0, -2), b.shape.slice(0, -2));
    return [
      tabulate([...leading, rows, columns], (at) => {
        const [row, column] = at.slice(-2);
        const before = at.slice(0, -2);
        const term = (k: number) =>
          stretched(a, [...before, ...(transposeA ? [k, row] : [row, k])]) *
          stretched(b, [...before, ...(transposeB ? [column, k] : [k, column])]);
        return scale * total(inner, term);
      }),
    ];
  },
  pow: ([a, b]) => [tabulate(broadcast(a.shape, b.shape), (at) => stretched(a, at) ** stretched(b, at))],
  propagatedGradient: ([rows, indices], { matrix, layers }: { matrix: SparseMatrix; layers: number }) => {
    const weights = powersMean(matrix, layers);
    return [
      tabulate([matrix.rows, rows.shape[1]], ([row, d]) =>
        total(indices.data.length, (at) => weights[row][indices.data[at]] * read(rows, [at, d])),
      ),
    ];
  },
  propagatedRows: ([x, indices], { matrix, layers }: { matrix: SparseMatrix; layers: number }) => {
    const weights = powersMean(matrix, layers);
    return [
      tabulate([indices.data.length, x.shape[1]], ([at, d]) =>
        total(matrix.rows, (row) => weights[indices.data[at]][row] * read(x, [row, d])),
      ),
    ];
  },
  rmsNorm: ([x, scale], { epsilon }: { epsilon: number }) => {
    const width = x.shape.at(-1)!;
    const inverse = tabulate([...x.shape.slice(0, -1), 1], (at) => {
      return 1 / Math.sqrt(total(width, (d) => read(x, at.with(-1, d)) ** 2) / width + epsilon);
    });
    return [tabulate(x.shape, (at) => read(x, at) * read(inverse, at.with(-1, 0)) * scale.data[at.at(-1)!]), inverse];
  },
  rotary: ([x, cosines, sines]) => {
    const half = x.shape[3] / 2;
    return [
      tabulate(x.shape, ([b, h, t, d]) => {
        const [first, second] = [read(x, [b, h, t, d % half]), read(x, [b, h, t, (d % half) + half])];
        const place = cosines.shape.length === 2 ? [t, d % half] : [b, 0, t, d % half];
        const [cosine, sine] = [read(cosines, place), read(sines, place)];
        return d < half ? first * cosine - second * sine : first * sine + second * cosine;
      }),
    ];
  },
  scatterAdd: ([x, indices, slices], { axis }: Along) => [
    tabulate(x.shape, (at) => {
      const added = total(indices.data.length, (n) =>
        indices.data[n] === at[axis] ? read(slices, at.with(axis, n)) : 0,
      );
      return read(x, at) + added;
    }),
  ],
  scatterElementsAdd: ([x, indices, values], { axis }: Along) => [
    tabulate(x.shape, (at) => {
      const added = total(indices.shape[axis], (n) => {
        const from = at.with(axis, n);
        return read(indices, from) === at[axis] ? read(values, from) : 0;
      });
      return read(x, at) + added;
    }),
  ],
  slice: ([x], { axis, start, end }: Along & { start: number; end: number }) => [
    tabulate(x.shape.with(axis, end - start), (at) => read(x, at.with(axis, at[axis] + start))),
  ],
  sparseProduct: ([x], { matrix }: { matrix: SparseMatrix }) => [
    tabulate([matrix.rows, x.shape[1]], ([row, d]) => {
      let sum = 0;
      for (let at = matrix.starts[row]; at < matrix.starts[row + 1]; at++) {
        sum += matrix.values[at] * read(x, [matrix.columns[at], d]);
      }
      return sum;
    }),
  ],
  quantisedAffine: ([x, ...matrix], { bits }: { bits: number }) => {
    const weight = dequantised(matrix, bits);
    const [outDim, inDim] = weight.shape;
    return [
      tabulate([...x.shape.slice(0, -1), outDim], (at) =>
        total(inDim, (i) => read(x, at.with(-1, i)) * read(weight, [at.at(-1)!, i])),
      ),
    ];
  },
  quantisedProduct: ([x, ...matrix], { bits }: { bits: number }) => {
    const weight = dequantised(matrix, bits);
    const [outDim, inDim] = weight.shape;
    return [
      tabulate([...x.shape.slice(0, -1), inDim], (at) =>
        total(outDim, (o) => read(x, at.with(-1, o)) * read(weight, [o, at.at(-1)!])),
      ),
    ];
  },
  roundedAffine: ([x, codes, scales], { digits }: { digits: 1 | 2 }) => {
    const [inDim, outDim] = codes.shape;
    const rounded = tabulate(x.shape, (at) => {
      const row = Array.from({ length: inDim }, (_, i) => Math.abs(read(x, at.with(-1, i))));
      const unit = read(x, at) / Math.max(...row);
      const first = Math.round(unit * 127) / 127;
      const second = Math.round((unit - first) * 127 * 254) / 127 / 254;
      return Math.max(...row) * (first + (digits === 2 ? second : 0));
    });
    return [
      tabulate([...x.shape.slice(0, -1), outDim], (at) => {
        const out = at.at(-1)!;
        return read(scales, [out]) * total(inDim, (i) => read(rounded, at.with(-1, i)) * read(codes, [i, out]));
      }),
    ];
  },
  split: ([x], { axis, sizes }: Along & { sizes: readonly number[] }) =>
    sizes.map((size, part) => {
      const before = sizes.slice(0, part).reduce((sum, each) => sum + each, 0);
      return tabulate(x.shape.with(axis, size), (at) => read(x, at.with(axis, at[axis] + before)));
    }),
  topK: ([x], { count, axis, largest }: Along & { count: number; largest: boolean }) => {
    const ranked = (at: readonly number[]) =>
      Array.from({ length: x.shape[axis] }, (_, place) => ({ place, value: read(x, at.with(axis, place)) })).sort(
        (a, b) => (largest ? b.value - a.value : a.value - b.value) || a.place - b.place,
      )[at[axis]];
    const shape = x.shape.with(axis, count);
    return [tabulate(shape, (at) => ranked(at).value), tabulate(shape, (at) => ranked(at).place)];
  },
};

/** w = scale (code - 2^(bits - 1)), two codes a byte where they have 4 bits, the lower half first. */
function dequantised([codes, scales, minima]: readonly Plain[], bits: number): Plain {
  const [outDim, blocks, bytes] = codes.shape;
  const block = (bytes * 8) / bits;
  return tabulate([outDim, blocks * block], ([o, i]) => {
    const [of, within] = [Math.floor(i / block), i % block];
    const byte = read(codes, [o, of, bits === 8 ? within : within >> 1]);
    const code = bits === 8 ? byte : within % 2 === 0 ? byte & 15 : byte >> 4;
    return read(scales, [o, of]) * (code - 2 ** (bits - 1)) + (minima === undefined ? 0 : read(minima, [of, o]));
  });
}

/** (I + A + … + A^L) / (L + 1) as a dense matrix, by multiplying A with itself. */
function powersMean(matrix: SparseMatrix, layers: number): number[][] {
  const size = matrix.rows;
  const dense = Array.from({ length: size }, () => new Array<number>(size).fill(0));
  for (let row = 0; row < size; row++) {
    for (let at = matrix.starts[row]; at < matrix.starts[row + 1]; at++)
      dense[row][matrix.columns[at]] += matrix.values[at];
  }
  let power = dense.map((row, at) => row.map((_, column) => Number(at === column)));
  const sum = power.map((row) => row.slice());
  for (let layer = 1; layer <= layers; layer++) {
    power = dense.map((row) => row.map((_, column) => total(size, (k) => row[k] * power[k][column])));
    power.forEach((row, at) => {
      row.forEach((value, column) => {
        sum[at][column] += value;
      });
    });
  }
  return sum.map((row) => row.map((value) => value / (layers + 1)));
}

/** All outputs by plain loops; undefined where there is no twin. */
export function plainAnswer(
  name: string,
  inputs: readonly NdArray[],
  attributes: Readonly<Record<string, unknown>>,
): readonly Plain[] | undefined {
  if (!Object.hasOwn(TWINS, name)) return undefined;
  return TWINS[name](inputs.map(plain), attributes);
}

/** An array as plain numbers. */
export function plain({ shape, data }: NdArray): Plain {
  return { shape, data: Array.from(data as ArrayLike<number | bigint>, Number) };
}

/** The array whose element at each index is what `element` says. */
export function tabulate(shape: readonly number[], element: (at: readonly number[]) => number): Plain {
  const size = shape.reduce((product, dim) => product * dim, 1);
  const data = Array.from({ length: size }, (_, flat) => {
    const at = new Array<number>(shape.length);
    let rest = flat;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      at[axis] = rest % shape[axis];
      rest = Math.floor(rest / shape[axis]);
    }
    return element(at);
  });
  return { shape, data };
}

/** The element at an index. */
export function read({ shape, data }: Plain, at: readonly number[]): number {
  return data[flatten(shape, at)];
}

function flatten(shape: readonly number[], at: readonly number[]): number {
  return shape.reduce((flat, size, axis) => flat * size + at[axis], 0);
}

/** The element of a broadcast array: leading axes left out, axes of 1 read at 0. */
function stretched(x: Plain, at: readonly number[]): number {
  const own = at.slice(at.length - x.shape.length);
  return read(
    x,
    own.map((index, axis) => (x.shape[axis] === 1 ? 0 : index)),
  );
}

function broadcast(a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length);
  const size = (shape: readonly number[], axis: number) => shape[shape.length - rank + axis] ?? 1;
  return Array.from({ length: rank }, (_, axis) => (size(a, axis) === 1 ? size(b, axis) : size(a, axis)));
}

function total(count: number, term: (index: number) => number): number {
  let sum = 0;
  for (let index = 0; index < count; index++) sum += term(index);
  return sum;
}

function converted(value: number, to: string): number {
  if (to === "bool") return value === 0 ? 0 : 1;
  return to.startsWith("int") ? Math.trunc(value) : value;
}
