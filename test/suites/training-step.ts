/** A real training step for tests of rooms below `train`. */

import type { TracedKey } from "#random";
import type { Learned, Losses } from "#recommender";
import type { Tensor } from "#tensor";

export { TrainingStep } from "#train";

/** A stage of a loss alone, which is all that a step reads of one. */
export function stageOf<M>(
  name: string,
  loss: (model: M, batch: Readonly<Record<string, Tensor>>, key: TracedKey) => Losses,
): Learned<M> {
  return { name, loss } as unknown as Learned<M>; // as: see above
}
