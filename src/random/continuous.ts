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
  inWords(new Stream(key), data.length, (words, from) => {
    for (let at = 0; at < words.length; at++) data[from + at] = low + (words[at] >>> 8) * step;
  });
}

/** Fills from the standard Gumbel distribution, -log(-log u): argmax of logits + Gumbel samples their softmax. */
export function fillGumbel(key: Key, data: Floats): void {
  const stream = new Stream(key);
  // u is the middle of one of 2^32 equal parts of (0, 1), so that neither logarithm meets 0.
  for (let at = 0; at < data.length; at++) data[at] = -Math.log(-Math.log(((stream.bits() >>> 0) + 0.5) / 4294967296));
}

/** Fills from N(0, deviation²). */
export function fillNormal(key: Key, data: Floats, deviation = 1): void {
  const spare = new Stream(key.fold("spare"));
  const down = new Int32Array(AT_ONCE);
  inWords(new Stream(key), data.length, (words, from) => {
    const count = fillInside(words, deviation, data, from, down);
    for (let nth = 0; nth < count; nth++) data[from + down[nth]] = outside(words[down[nth]], spare) * deviation;
  });
}

/** Fills `data` from `from` on with what the fast test accepts; returns how many it turns `down`, whose places stand there. */
function fillInside(words: Int32Array, deviation: number, data: Floats, from: number, down: Int32Array): number {
  const { inside, width } = ZIGGURAT;
  let count = 0;
  for (let at = 0; at < words.length; at++) {
    const word = words[at];
    const layer = word & 255;
    const place = word >> 8; // [-2^23, 2^23)
    data[from + at] = place * width[layer] * deviation;
    down[count] = at;
    count += Number(Math.abs(place) >= inside[layer]);
  }
  return count;
}

/** Words of random bits at a time: what fits into the nearest memory. */
const AT_ONCE = 2048;

/** Hands the first `count` words of a stream to `take`, some at a time, the first of them being word `from`. */
function inWords(stream: Stream, count: number, take: (words: Int32Array, from: number) => void): void {
  const words = new Int32Array(Math.min(AT_ONCE, count));
  for (let from = 0; from < count; from += words.length) {
    const some = words.subarray(0, Math.min(words.length, count - from));
    stream.words(some);
    take(some, from);
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
