/**
 * Uniform, Gumbel and normal numbers into arrays.
 *
 * Normals: the ziggurat of Marsaglia and Tsang (J. Stat. Software 5(8), 2000) with 256 layers, where the layer and the
 * position in it come from different bits of a word (8 and 24; Doornik, "An improved ziggurat method", 2005, on why they
 * must). Element i is word i of the stream unless the ziggurat turns that word down (1.2 %); then a second stream goes on
 * until it has one, by the wedge or the exact tail.
 */
import type { Key } from "./key.ts";
import { Stream } from "./stream.ts";

/** What is filled: float32, or float64 with the same 24 random bits a number. */
export type Floats = Float32Array | Float64Array;

/** Fills from [low, high), in steps of (high - low) / 2^24. */
export function fillUniform(key: Key, data: Floats, low = 0, high = 1): void {
  const step = (high - low) / 0x1000000;
  const stream = new Stream(key);
  for (let at = 0; at < data.length; at++) data[at] = low + (stream.bits() >>> 8) * step;
}

/** Fills from the standard Gumbel distribution, -log(-log u): argmax of logits + Gumbel samples their softmax. */
export function fillGumbel(key: Key, data: Floats): void {
  const stream = new Stream(key);
  // u is the middle of one of 2^32 equal parts of (0, 1), so that neither logarithm meets 0.
  for (let at = 0; at < data.length; at++) data[at] = -Math.log(-Math.log(((stream.bits() >>> 0) + 0.5) / 4294967296));
}

/** Fills from N(0, deviation²). */
export function fillNormal(key: Key, data: Floats, deviation = 1): void {
  const { inside, width } = ZIGGURAT;
  const spare = new Stream(key.fold("spare"));
  const stream = new Stream(key);
  for (let at = 0; at < data.length; at++) {
    const word = stream.bits();
    const layer = word & 255;
    const place = word >> 8; // [-2^23, 2^23)
    const value = Math.abs(place) < inside[layer] ? place * width[layer] : outside(word, spare);
    data[at] = value * deviation;
  }
}

const LAYERS = 256;
/** Where the tail begins, and the area of every layer (Marsaglia and Tsang, for 256 layers). */
const TAIL = 3.6541528853610088;
const AREA = 0.00492867323399;

interface Ziggurat {
  /** Places below this in size lie under the curve whatever the height. */
  readonly inside: Int32Array;
  /** Of one place. */
  readonly width: Float64Array;
  /** The curve at the upper (inner) and lower (outer) corner of a layer; layer 0 is the base with the tail. */
  readonly upper: Float64Array;
  readonly lower: Float64Array;
}

const ZIGGURAT = ziggurat();

function ziggurat(): Ziggurat {
  const density = (x: number) => Math.exp(-0.5 * x * x);
  // edges[i] is the right end of layer i: the base is as wide as its area says, the others shrink to 0.
  const edges = new Float64Array(LAYERS + 1);
  edges[0] = AREA / density(TAIL);
  edges[1] = TAIL;
  for (let layer = 2; layer < LAYERS; layer++)
    edges[layer] = Math.sqrt(-2 * Math.log(AREA / edges[layer - 1] + density(edges[layer - 1])));
  const width = new Float64Array(LAYERS);
  const inside = new Int32Array(LAYERS);
  const [upper, lower] = [new Float64Array(LAYERS), new Float64Array(LAYERS)];
  for (let layer = 0; layer < LAYERS; layer++) {
    width[layer] = edges[layer] / 0x800000;
    inside[layer] = Math.floor((edges[layer + 1] / edges[layer]) * 0x800000);
    lower[layer] = density(edges[layer]);
    upper[layer] = density(edges[layer + 1]);
  }
  return { inside, width, upper, lower };
}

/** A normal number that starts from a word the fast test turned down. */
function outside(word: number, stream: Stream): number {
  const { inside, width, upper, lower } = ZIGGURAT;
  for (let bits = word; ; bits = stream.bits()) {
    const layer = bits & 255;
    const place = bits >> 8;
    const value = place * width[layer];
    if (Math.abs(place) < inside[layer]) return value;
    if (layer === 0) return place < 0 ? -tail(stream) : tail(stream);
    const height = lower[layer] + stream.uniform() * (upper[layer] - lower[layer]);
    if (height < Math.exp(-0.5 * value * value)) return value;
  }
}

/** A normal number given that it is above TAIL (Marsaglia, 1964). */
function tail(stream: Stream): number {
  for (;;) {
    const beyond = -Math.log(1 - stream.uniform()) / TAIL;
    if (-2 * Math.log(1 - stream.uniform()) >= beyond * beyond) return TAIL + beyond;
  }
}
