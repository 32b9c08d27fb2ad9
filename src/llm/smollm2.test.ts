/** A real model against its answer key: SmolLM2-135M-Instruct out of its GGUF file, as exact as its weights and in 8 bits. */
import { expect, test } from "vitest";
import { goldenOf, missingModel, modelPath } from "../../test/suites/shared-models.ts";
import type { Precision } from "./checkpoint/load.ts";
import { LanguageModel } from "./language-model.ts";

const NAME = "smollm2-135m";
const missing = missingModel(NAME);
interface Golden {
  readonly prompts: readonly {
    readonly ids: readonly number[];
    readonly top10: readonly (readonly [number, number])[];
    readonly nll: number;
    readonly last_hidden_mean_first16: readonly number[];
    readonly greedy: readonly number[];
  }[];
}

const open = (precision: Precision) =>
  LanguageModel.open(modelPath(NAME), { precision, runtime: { device: "cpu", threads: 1 } });

const meanOf = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / values.length;

test.skipIf(missing)(
  `float32 has the key's logits, states, likelihoods and greedy tokens${missing ? ` (${missing})` : ""}`,
  async () => {
    const { prompts } = await goldenOf<Golden>(NAME);
    await using model = await open("float32");
    const { dim } = model.config;
    for (const { ids, top10, nll, last_hidden_mean_first16, greedy } of prompts) {
      const { logits, surprises, hidden } = await model.score(ids);
      for (const [token, logit] of top10) expect(Math.abs(logits[token] - logit)).toBeLessThan(2e-3);
      expect(Math.abs(meanOf(surprises) - nll)).toBeLessThan(1e-3);
      last_hidden_mean_first16.forEach((expected, d) => {
        const mean = ids.reduce((sum, _, at) => sum + hidden[at * dim + d], 0) / ids.length;
        expect(Math.abs(mean - expected)).toBeLessThan(1e-3);
      });
      const said: (number | undefined)[] = [];
      for await (const { tokens } of model.generate([ids], { maxTokens: greedy.length, stop: [] }))
        said.push(tokens[0]);
      expect(said).toEqual(greedy);
    }
  },
);

test.skipIf(missing).each(["int8", "packed"] as const)(
  "%s is within .03 of the key's likelihood, over all prompts by tokens",
  async (precision) => {
    const { prompts } = await goldenOf<Golden>(NAME);
    await using model = await open(precision);
    let [own, known, count] = [0, 0, 0];
    for (const { ids, nll } of prompts) {
      const { surprises } = await model.score(ids);
      own += surprises.reduce((sum, value) => sum + value, 0);
      known += nll * surprises.length;
      count += surprises.length;
    }
    expect(Math.abs(own - known) / count).toBeLessThan(0.03);
  },
);
