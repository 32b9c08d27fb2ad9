import { expect, test } from "vitest";
import { fillNormal, Key, TracedKey } from "#random";
import { constant, float32, type Tensor } from "#tensor";
import { computed } from "../../test/suites/computed.ts";
import { Attention, causalMask, FeedForward, LayerNorm, TransformerBlock, Weights } from "./index.ts";

const [B, T, D] = [2, 3, 4];
const options = { heads: 2, hidden: 6, dropout: 0.3, activation: (x: Tensor) => x.gelu() };
const weights = Weights.draw(Key.of(1));
const block = new TransformerBlock(weights, D, options);
const x = float32(new Float32Array(B * T * D), [B, T, D]);
fillNormal(Key.of(2), x.data);

test("x + attention(LN x), then + feedForward(LN x), out of parts that have twins of their own", async () => {
  const read = Weights.read(weights.arrays);
  const attentionNorm = new LayerNorm(read.at("attentionNorm"), D);
  const attention = new Attention(read.at("attention"), D, options);
  const feedForwardNorm = new LayerNorm(read.at("feedForwardNorm"), D);
  const feedForward = new FeedForward(read.at("feedForward"), D, options);
  const part = async (trace: Parameters<typeof computed>[0], data: ArrayLike<number>) => {
    const inputs = { x: float32(Array.from(data), [B, T, D]) };
    return (await computed(trace, { inputs, parameters: weights.arrays })).data as Float32Array;
  };
  const attended = await part((given) => attention.forward(attentionNorm.forward(given.x), causalMask(T)), x.data);
  const middle = x.data.map((value, at) => value + attended[at]);
  const fed = await part((given) => feedForward.forward(feedForwardNorm.forward(given.x)), middle);
  const whole = await part((given) => block.forward(given.x, causalMask(T)), x.data);
  middle.forEach((value, at) => {
    expect(whole[at]).toBeCloseTo(value + fed[at], 5);
  });
});

test("dropout is off without a key, whatever key the run has", async () => {
  const given = { inputs: { x }, parameters: weights.arrays };
  const off = await computed((traced) => block.forward(traced.x, causalMask(T)), given);
  const keyed = { ...given, key: Key.of(1) };
  const stillOff = await computed((traced) => block.forward(traced.x, causalMask(T)), keyed);
  const on = await computed((traced) => block.forward(traced.x, causalMask(T), TracedKey.root()), keyed);
  expect(stillOff.data).toEqual(off.data);
  expect(on.data).not.toEqual(off.data);
});

test("each of a block's draws has a place of its own", () => {
  const places: string[] = [];
  collect(block.forward(constant(x), causalMask(T), TracedKey.root().fold("block").fold(0)), places);
  expect(places.sort()).toEqual([
    "dropout(0.7) block/0/attended",
    "dropout(0.7) block/0/attention/weights",
    "dropout(0.7) block/0/fed",
    "dropout(0.7) block/0/feedForward/hidden",
  ]);
});

function collect(tensor: Tensor, into: string[], seen = new Set<unknown>()): void {
  if (seen.has(tensor)) return;
  seen.add(tensor);
  if (tensor.source.kind === "drawn") into.push(tensor.source.draw.label);
  if (tensor.source.kind === "output") for (const input of tensor.source.node.inputs) collect(input, into, seen);
}
