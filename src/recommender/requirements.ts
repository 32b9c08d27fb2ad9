/** What a request and a model's answer must hold, and what is said when they do not. */
import { CheckpointError, ConfigError, DataError, type Emit } from "#base";

/** Refuses a topK that asks for nothing, warns of one that asks for more than there is. */
export function requireTopK(topK: number, available: number, emit?: Emit): void {
  if (!Number.isInteger(topK) || topK < 1) {
    throw new ConfigError(`topK = ${topK}: expected a whole number from 1 up, the length of the list.`, {
      code: "bad-value",
      field: "topK",
    });
  }
  if (topK > available) {
    emit?.({ type: "warning", text: `topK ${topK} is above the ${available} items of the catalogue: all are ranked.` });
  }
}

/** Refuses indices that are no items; `field` is what they were given as. */
export function requireItems(field: string, indices: ArrayLike<number>, items: number): void {
  for (let at = 0; at < indices.length; at++) {
    if (indices[at] >= 1 && indices[at] <= items) continue;
    throw new DataError(
      `${field}: item index ${indices[at]} is not in the catalogue of ${items} items. Expected indices from 1 to ${items}; leave out items the model was not trained on.`,
      { code: "unknown-item", field },
    );
  }
}

/** What is said of a model whose scores are not numbers. */
export function notNumbers(): CheckpointError {
  return new CheckpointError(
    "the model's scores are not numbers (NaN). Its training diverged or its weights are damaged; train again, with a lower learning rate if it diverges again.",
    { code: "nan-scores" },
  );
}
