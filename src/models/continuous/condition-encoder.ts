/**
 * States at several [PREF] queries → one condition: one layer of causal attention, of which the last place is read.
 *   x = drop(LN(s + p))      a = softmax((W_q LN x_P) (W_k x)ᵀ / √W) W_v x      h = LN(x_P + a)      out = LN(h + F₂ relu(F₁ h))
 * Source: ContRec (arXiv 2504.12007 v3), its condition encoder; DreamRec (arXiv 2310.20453), "Tenc".
 * Differs: only the last place asks, since nothing else is read of the one layer. No rectifier before or after: signs are kept.
 */
import { dropout, LayerNorm, Linear, normal, type Weights } from "#nn";
import type { TracedKey } from "#random";
import type { Tensor } from "#tensor";

export class ConditionEncoder {
  readonly #positions: Tensor; // [P, W]
  readonly #norms: Readonly<Record<"entry" | "query" | "attended" | "output", LayerNorm>>;
  readonly #maps: Readonly<Record<"query" | "key" | "value" | "up" | "down", Linear>>;

  constructor(
    weights: Weights,
    private readonly options: { readonly queries: number; readonly width: number; readonly dropout: number },
  ) {
    const { queries, width } = options;
    const norm = (name: string) => new LayerNorm(weights.at(name), width);
    const map = (name: string) => new Linear(weights.at(name), width, width);
    this.#positions = weights.tensor("positions", [queries, width], normal(0.02));
    this.#norms = {
      entry: norm("entryNorm"),
      query: norm("queryNorm"),
      attended: norm("attendedNorm"),
      output: norm("outputNorm"),
    };
    this.#maps = { query: map("query"), key: map("key"), value: map("value"), up: map("up"), down: map("down") };
  }

  /** states [B, P, W] → [B, W] */
  forward(states: Tensor, key?: TracedKey): Tensor {
    const { queries, width, dropout: rate } = this.options;
    const [norms, maps] = [this.#norms, this.#maps];
    const x = dropout(norms.entry.forward(states.add(this.#positions)), rate, key); // [B, P, W]
    const last = x.slice(1, queries - 1, queries); // [B, 1, W]
    const asked = maps.query.forward(norms.query.forward(last));
    const shares = asked.matmul(maps.key.forward(x), { transposeB: true, scale: 1 / Math.sqrt(width) }).softmax();
    const attended = shares.matmul(maps.value.forward(x)); // [B, 1, W]
    const h = norms.attended.forward(last.add(attended));
    return norms.output.forward(h.add(maps.down.forward(maps.up.forward(h).relu()))).at(1, 0);
  }
}
