/** The arrays that a primitive's examples ask for, drawn from a seed. */
import { fillNormal, fillUniform, Key, Stream } from "#random";
import { allocate, type Example, type NdArray } from "#tensor";

/** The inputs of an example; the same each time for the same words. */
export function exampleInputs(example: Example<never>, ...words: readonly (string | number)[]): NdArray[] {
  const root = words.reduce<Key>((key, word) => key.fold(word), Key.of(7).fold("example"));
  return example.inputs.map((given, position) => {
    const form = "shape" in given ? given : { shape: given };
    const { shape, dtype = "float32", values = "normal" } = form;
    const length = shape.reduce((size, dim) => size * dim, 1);
    const drawn = draw(values, length, root.fold(position));
    const data = allocate(dtype, length);
    drawn.forEach((value, at) => {
      data[at] = data instanceof BigInt64Array ? BigInt(value) : value;
    });
    return { dtype, shape, data };
  });
}

function draw(values: "normal" | "positive" | "distinct" | { readonly below: number }, length: number, key: Key) {
  const drawn = new Float64Array(length);
  if (values === "normal") fillNormal(key, drawn);
  else if (values === "positive") fillUniform(key, drawn, 0.5, 2);
  else if (values === "distinct") {
    // 0.37 apart, in an order that follows from the seed; the numbers are not centred at 0, where signs change.
    const weights = new Float64Array(length);
    fillUniform(key, weights);
    const order = [...weights.keys()].sort((a, b) => weights[a] - weights[b]);
    order.forEach((place, rank) => {
      drawn[place] = 0.37 * (rank - length / 2) + 0.1;
    });
  } else {
    const stream = new Stream(key);
    for (let at = 0; at < length; at++) drawn[at] = stream.below(values.below);
  }
  return drawn;
}

/** N(0, 1) numbers, the same for the same words. */
export function normals(shape: readonly number[], ...words: readonly (string | number)[]): NdArray<Float32Array> {
  const data = new Float32Array(shape.reduce((size, dim) => size * dim, 1));
  fillNormal(
    words.reduce<Key>((key, word) => key.fold(word), Key.of(11)),
    data,
  );
  return { dtype: "float32", shape, data };
}
