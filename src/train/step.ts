/**
 * One training step: a compiled graph (weights, batch, what is drawn) → (losses, gradients), then the optimizer writes
 * weights and state in place. One session a batch shape, eight at most.
 */
import { ConfigError } from "#base";
import type { Weights } from "#nn";
import type { Gradient, Gradients, Optimizer } from "#optim";
import { type Key, TracedKey } from "#random";
import type { Learned } from "#recommender";
import { type Arrays, type Compiled, compile, type NdArray, type Runtime, sparseGradients, type Tensor } from "#tensor";

/** Most batch shapes a stage may use: each is one compiled session. */
const MOST_SHAPES = 8;

export class TrainingStep<M> {
  readonly #graph: Compiled<Arrays, Record<string, Tensor>>;
  readonly #addresses: readonly string[];
  readonly state: Record<string, NdArray>;

  constructor(
    stage: Learned<M>,
    model: M,
    private readonly weights: Weights,
    private readonly optimizer: Optimizer,
    runtime: Runtime,
    state?: Record<string, NdArray>,
    frozen: Arrays = {},
  ) {
    this.#addresses = Object.keys(weights.parameters).filter((address) => optimizer.trains?.(address) ?? true);
    this.state = state ?? optimizer.init(weights.arrays);
    const parameters = this.#addresses.map((address) => weights.parameters[address]);
    this.#graph = compile(
      stage.name,
      (batch: Readonly<Record<string, Tensor>>) => {
        const losses = stage.loss(model, batch, TracedKey.root());
        return { ...prefixed("loss", losses), ...gradientOutputs(losses.total, this.#addresses, parameters) };
      },
      {
        runtime,
        parameters: { ...frozen, ...weights.arrays },
        limit: MOST_SHAPES,
        reuseOutputs: true,
        training: true,
        arena: Object.keys(frozen).length === 0, // a pretrained model's activations are large, and each batch's of another size
      },
    );
  }

  /** Sessions compiled so far. */
  get compilations(): number {
    return this.#graph.compilations;
  }

  /** Takes step number `step` (from 1); `key` feeds dropout and noise. Returns the parts of the loss and the optimizer's figures. */
  async take(batch: Arrays, key: Key, step: number): Promise<Record<string, number>> {
    const outputs = await this.#graph.run(batch, key);
    const losses: Record<string, number> = {};
    for (const [name, array] of Object.entries(outputs)) {
      if (name.startsWith("loss ")) losses[name.slice(5)] = Number(array.data[0]);
    }
    if (!Number.isFinite(losses.total)) {
      throw new ConfigError(
        `training: the loss became ${losses.total} at step ${step}. Lower the learning rate, or look for extreme values in the data.`,
        { code: "diverged" },
      );
    }
    const figures = this.optimizer.update(this.weights.arrays, collect(outputs, this.#addresses), this.state, step);
    return { ...losses, ...figures };
  }

  /** The graphs of a batch's shape as text. */
  print(batch: Arrays): string {
    return this.#graph.print(batch);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#graph[Symbol.asyncDispose]();
  }
}

function prefixed(prefix: string, tensors: Readonly<Record<string, Tensor>>): Record<string, Tensor> {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [`${prefix} ${name}`, tensor]));
}

function gradientOutputs(loss: Tensor, addresses: readonly string[], parameters: readonly Tensor[]) {
  const outputs: Record<string, Tensor> = {};
  sparseGradients(loss, parameters).forEach(({ dense, rows }, position) => {
    const address = addresses[position];
    if (dense !== undefined) outputs[`dense ${address}`] = dense;
    rows.forEach((part, at) => {
      outputs[`indices ${at} ${address}`] = part.indices;
      outputs[`rows ${at} ${address}`] = part.rows;
    });
  });
  return outputs;
}

function collect(outputs: Arrays, addresses: readonly string[]): Gradients {
  const gradients: Record<string, Gradient> = {};
  for (const address of addresses) {
    const rows: { indices: Int32Array; values: Float32Array }[] = [];
    for (let at = 0; outputs[`rows ${at} ${address}`] !== undefined; at++) {
      // Indices are int32 and rows float32 by construction of RowGradient.
      const indices = outputs[`indices ${at} ${address}`].data as Int32Array;
      rows.push({ indices, values: outputs[`rows ${at} ${address}`].data as Float32Array });
    }
    const dense = outputs[`dense ${address}`]?.data as Float32Array | undefined;
    if (dense !== undefined || rows.length > 0) gradients[address] = { dense, rows };
  }
  return gradients;
}
