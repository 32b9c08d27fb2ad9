/**
 * The stages before all others: what is known of items before anything is learned by gradient descent.
 *   texts      t_i: tf-idf of words and pairs, its 512 greatest singular directions, and a sentence encoder's vector, each 3 long
 *   vectors    where E starts: chance, what stands next to what in training, or LightGCN (collaborative.ts); or what it stays,
 *              standardised, over √D (space=fixed); and the words of the response: groups of items
 */

import { type Catalogue, itemText } from "#data";
import { encodedTexts, kMeans, moments, standardised, truncatedSvd } from "#encoders";
import { fillNormal, type Key } from "#random";
import type { Artifact, Computed, Context, Earlier } from "#recommender";
import { countInteractions, tfIdfVectors, transitionKernel } from "#retrieval";
import { type Arrays, float32, int32 } from "#tensor";
import { nGrams, words } from "#text";
import { collaborativeSpace } from "./collaborative.ts";
import type { DeftRecConfig } from "./config.ts";
import { responseWords } from "./response-words.ts";

/** Directions of a catalogue's words that are kept; fewer lose items that differ in rare words (docs/log.md). */
const TEXT_RANK = 512;
/** Length of a text vector beside E, which starts much shorter: texts speak first. */
const TEXT_LENGTH = 3;
/** Length at which E starts, that of normal numbers of deviation 0.02 in 64 dimensions. */
const START_LENGTH = 0.16;
/** Groups where the catalogue has no categories fit for a response. */
const GROUPS = 64;

/** Whether anything can be read about the items. */
export function hasText({ rows }: Catalogue): boolean {
  return rows.some((row) => itemText(row) !== "");
}

export function textsStage(options: DeftRecConfig): Computed {
  return {
    kind: "computed",
    name: "texts",
    catalogueOnly: true,
    compute: async ({ catalogue }, _earlier, key, context): Promise<Artifact> => {
      if (!options.text || !hasText(catalogue)) return { arrays: {} };
      const texts = ["", ...catalogue.rows.map(itemText)];
      const channels = [await wordVectors(texts, key, context)];
      const encoded = options.textEncoder === "" ? undefined : await encodedTexts(options.textEncoder, texts, context);
      if (encoded !== undefined) channels.push(centred(encoded.vectors.data, encoded.vectors.dim));
      return { arrays: { text: sideBySide(channels, texts.length) }, ...(encoded && { files: encoded.files }) };
    },
  };
}

export function vectorsStage(options: DeftRecConfig): Computed {
  return {
    kind: "computed",
    name: "vectors",
    compute: async ({ histories, catalogue }, earlier, key, { runtime }) => {
      const { size } = catalogue;
      const popularity = countInteractions(histories, size);
      const beside = { window: 10, lastItems: 200, back: 1, beta: 0.5 };
      const kernel = transitionKernel(histories, popularity, beside);
      const { left, singular, rank } = await truncatedSvd(kernel, options.dim, key.fold("svd"), runtime);
      const near = new Float32Array((size + 1) * options.dim);
      for (let row = 1; row <= size; row++) {
        for (let k = 0; k < rank; k++) near[row * options.dim + k] = left[row * rank + k] * Math.sqrt(singular[k]);
      }
      const vectors = ofLength(near, options.dim, 1);
      const words = responseWords(catalogue)?.wordOf ?? groupsOf(vectors, options.dim, key);
      const arrays: Arrays = {
        start: float32(startOf(sourceOf(near, popularity, options, earlier), options, key), [size + 1, options.dim]),
        groups: int32([0, ...words], [size + 1]),
      };
      return { arrays };
    },
  };
}

/** Groups of items that stand near each other in training. */
function groupsOf(vectors: Float32Array, dim: number, key: Key): Int32Array {
  return kMeans(vectors.subarray(dim), dim, GROUPS, key.fold("groups")).groupOf;
}

/** What vectors start from: those of neighbours and counts they were made of, or LightGCN's, with mean and deviation. */
function sourceOf(near: Float32Array, counts: ArrayLike<number>, { start, dim }: DeftRecConfig, earlier: Earlier) {
  if (start === "lightgcn") return collaborativeSpace(earlier, counts.length - 1);
  return { items: near, dim, ...moments(near, dim, counts) };
}

function startOf(source: ReturnType<typeof sourceOf>, { start, space, dim }: DeftRecConfig, key: Key): Float32Array {
  if (space === "fixed") return standardised(source).map((value) => value / Math.sqrt(dim));
  const chance = new Float32Array(source.items.length);
  fillNormal(key.fold("start"), chance, START_LENGTH / Math.sqrt(dim));
  if (start === "random") return chance;
  const vectors = start === "lightgcn" ? standardised(source) : source.items;
  return ofLength(vectors, dim, START_LENGTH).map((value, at) => value + 0.1 * chance[at]); // items nobody took start somewhere, too
}

async function wordVectors(texts: readonly string[], key: Key, { runtime }: Context) {
  const terms = tfIdfVectors(
    texts.map((text) => nGrams(words(text), 1, 2)),
    { minDocuments: 2 },
  );
  const { left, singular, rank } = await truncatedSvd(terms, TEXT_RANK, key, runtime);
  return { data: left.map((value, at) => value * singular[at % rank]), dim: rank };
}

/** Vectors less their mean; rows of zeros stay zeros. */
function centred(data: Float32Array, dim: number) {
  const present = Array.from({ length: data.length / dim }, (_, row) => row).filter((row) =>
    data.subarray(row * dim, (row + 1) * dim).some((value) => value !== 0),
  );
  const mean = new Float64Array(dim);
  for (const row of present) for (let k = 0; k < dim; k++) mean[k] += data[row * dim + k] / present.length;
  const less = new Float32Array(data.length);
  for (const row of present) for (let k = 0; k < dim; k++) less[row * dim + k] = data[row * dim + k] - mean[k];
  return { data: less, dim };
}

function sideBySide(channels: readonly { readonly data: Float32Array; readonly dim: number }[], rows: number) {
  const width = channels.reduce((sum, { dim }) => sum + dim, 0);
  const all = new Float32Array(rows * width);
  let offset = 0;
  for (const { data, dim } of channels) {
    const scaled = ofLength(data, dim, TEXT_LENGTH);
    for (let row = 1; row < rows; row++) all.set(scaled.subarray(row * dim, (row + 1) * dim), row * width + offset);
    offset += dim;
  }
  return float32(all, [rows, width]);
}

/** Every row at this length; rows of zeros stay zeros. */
function ofLength(data: Float32Array, dim: number, length: number): Float32Array {
  const scaled = new Float32Array(data.length);
  for (let from = 0; from < data.length; from += dim) {
    let squares = 0;
    for (let at = from; at < from + dim; at++) squares += data[at] * data[at];
    const factor = squares > 0 ? length / Math.sqrt(squares) : 0;
    for (let at = from; at < from + dim; at++) scaled[at] = data[at] * factor;
  }
  return scaled;
}
