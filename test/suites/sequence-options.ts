import { z } from "zod";
import { type SequenceOptions, sequenceShape } from "#recommender";

/** Options of a model that reads histories, as its config would give them. */
export function sequenceOptions(given: Partial<SequenceOptions> = {}): SequenceOptions {
  const { dim = 8, loss = "sampled-softmax", regularisation = 0, ...shared } = given;
  return { ...z.strictObject(sequenceShape).parse(shared), dim, loss, regularisation };
}
