/**
 * The compact backbone: a causal transformer that stands where a pretrained language model can. It reads embeddings, tells
 * hidden states and, through its head, which word of the response comes next; its words are groups of items, and stop.
 *   scores = Q Kᵀ / √d + r[head, distance] + mask      no absolute positions: distance in items, learned for each head
 */
import { Embedding, type Init, LayerNorm, Linear, TransformerBlock, type Weights } from "#nn";
import type { TracedKey } from "#random";
import type { Tensor } from "#tensor";
import { type GenerateOptions, greedy, type LanguageModel, type Prompt } from "./language-model.ts";

export interface BackboneOptions {
  /** Width W of embeddings and states. */
  readonly width: number;
  readonly blocks: number;
  readonly heads: number;
  readonly hidden: number;
  readonly dropout: number;
  /** Items a history may have. */
  readonly maxLength: number;
  /** Words of the response: groups of items. */
  readonly groups: number;
}

export class CompactBackbone implements LanguageModel {
  readonly #words: Embedding; // [G + 1, W]: the groups, and stop
  readonly #biases: readonly Tensor[]; // [T + 1, H] each
  readonly #blocks: readonly TransformerBlock[];
  readonly #norm: LayerNorm;
  readonly #head: Linear;

  constructor(
    weights: Weights,
    private readonly options: BackboneOptions,
  ) {
    const { width, blocks, heads, hidden, dropout, maxLength, groups } = options;
    this.#words = new Embedding(weights.at("words"), groups + 1, width);
    const block = { heads, hidden, dropout, activation: (x: Tensor) => x.gelu() };
    const each = Array.from({ length: blocks }, (_, at) => weights.at("blocks").at(at));
    this.#biases = each.map((at) => at.tensor("distance", [maxLength + 1, heads], nearFirst));
    this.#blocks = each.map((at) => new TransformerBlock(at, width, block));
    this.#norm = new LayerNorm(weights.at("norm"), width);
    this.#head = new Linear(weights.at("head"), width, groups + 1);
  }

  /** The groups, and stop. */
  get vocabulary(): number {
    return this.options.groups + 1;
  }

  /** The word that ends a response. */
  get stop(): number {
    return this.options.groups;
  }

  /** words [...] int32 → [..., W] */
  embed(words: Tensor): Tensor {
    return this.#words.forward(words);
  }

  /** embeddings [B, Q, W], mask broadcastable to [B, 1, Q, Q], distances [Q, Q] int32 → states [B, Q, W] */
  forward(embeddings: Tensor, mask: Tensor, distances: Tensor, key?: TracedKey): Tensor {
    let x = embeddings;
    this.#blocks.forEach((block, at) => {
      const bias = this.#biases[at].gather(distances).transpose(2, 0, 1); // [H, Q, Q]
      x = block.forward(x, mask.add(bias), key?.fold(at));
    });
    return this.#norm.forward(x);
  }

  /** states [..., W] → logits of the next word [..., G + 1] */
  logits(states: Tensor): Tensor {
    return this.#head.forward(states);
  }

  /** What it writes behind a prompt: [B, limit] int32, `stop` from the end on. */
  generate(prompt: Prompt, options: GenerateOptions): Tensor {
    return greedy(this, prompt, options);
  }
}

/** Each head starts with a slope of its own towards near items (as ALiBi does, arXiv 2108.12409; ours is then learned). */
const nearFirst: Init = (_, data, [distances, heads]) => {
  for (let distance = 0; distance < distances; distance++) {
    for (let head = 0; head < heads; head++) data[distance * heads + head] = -0.15 * (head + 1) * distance;
  }
};
