import { expect, test } from "vitest";
import { checkCombinations } from "./combinations.ts";
import { config } from "./config.ts";

const PAPER = { objective: "noise", space: "fixed", start: "lightgcn", samplingSteps: 50, score: "distance" } as const;

test("the defaults and the paper's own objective are sensible", () => {
  expect(() => checkCombinations(config.parse({}))).not.toThrow();
  expect(() => checkCombinations(config.parse({ ...PAPER, pairWeight: 0.5, denoiser: "plain" }))).not.toThrow();
  expect(() => checkCombinations(config.parse({ ...PAPER, objective: "x0", dispersiveWeight: 0.5 }))).not.toThrow();
});

const REFUSED = [
  ["objective", { objective: "x0" }],
  ["start", { ...PAPER, start: "random" }],
  ["pairWeight", { pairWeight: 0.5 }],
  ["dispersiveWeight", { ...PAPER, dispersiveWeight: 0.5 }],
  ["score", { score: "cosine" }],
  ["generator", { ...PAPER, generator: "one-step", samplingSteps: 1 }],
  ["samplingSteps", { generator: "one-step", samplingSteps: 2 }],
  ["samplingSteps", { ...PAPER, samplingSteps: 1 }],
  ["guidance", { guidance: 1, nullShare: 0 }],
  ["conditionEncoder", { queries: 4 }],
  ["reasoning", { reasoning: "generated" }],
  ["reasoning", { llm: "model", llmMode: "lora", reasoning: "oracle" }],
  ["llmMode", { llmMode: "lora" }],
  ["llm", { llm: "model", generator: "none" }],
  ["dim", { denoiser: "plain", dim: 15 }],
] as const;

test.each(REFUSED)("a combination is refused for its %s: %j", (field, options) => {
  const check = () => checkCombinations(config.parse(options));
  expect(check).toThrow(expect.objectContaining({ name: "ConfigError", code: "no-such-combination", field }));
});

test("every refusal says why, and what to do", () => {
  const messages = REFUSED.map(([, options]) => {
    try {
      checkCombinations(config.parse(options));
      return "accepted";
    } catch (error) {
      return (error as Error).message; // as: nothing else is thrown
    }
  });
  expect(messages.join("\n")).toMatchInlineSnapshot(`
    "deftrec: a squared error (x0, noise, v) of vectors that are trained with it is least where all items are alike. Set space=fixed, or objective=ranking.
    deftrec: vectors drawn by chance that stay as they are (space=fixed) say nothing of the items. Set start=lightgcn or start=neighbours.
    deftrec: pairWeight compares squared errors, and objective=ranking, which has its own negatives, has none. Set pairWeight=0, or an objective of x0, noise or v.
    deftrec: dispersiveWeight spreads vectors that are generated, and what noise or v say is none. Set dispersiveWeight=0, or objective=x0 or ranking.
    deftrec: objective=ranking is trained by inner products, whose scale would be lost by any other score. Set score=inner.
    deftrec: at the last noise level alone (generator=one-step) the noise is all there is: to say it is to repeat the input. Set objective=x0 or v, or generator=diffusion.
    deftrec: generator=one-step has learned the last noise level alone, and samplingSteps above 1 ask others. Set samplingSteps=1, or generator=diffusion.
    deftrec: one step from pure noise divides the error of the said noise by the last level's signal, which is nearly 0. Set samplingSteps to 20 or more, or another objective.
    deftrec: guidance asks what is said under the null condition, which nullShare=0 never trains. Set nullShare=0.1, or guidance=0.
    deftrec: of several queries' states (queries above 1) the last alone would be heard without a conditionEncoder. Set conditionEncoder=attention, or queries=1.
    deftrec: a response before [PREF] (reasoning) is one that a language model writes, which llmMode=lora trains. Set reasoning=none, or name a model (--llm MODEL) with llmMode=lora.
    deftrec: reasoning=oracle reads the answer, of which a re-ranker's histories know none. Set rerank=false.
    deftrec: llmMode=lora trains adapters of a language model, and none is named. Name one: --llm MODEL.
    deftrec: a language model (llm) speaks through the generator, and generator=none has none. Leave llm out, or set generator=diffusion.
    deftrec: denoiser=plain adds sines and cosines of the noise level, of equal number, to vectors of width dim. Set an even dim, or denoiser=ada-ln."
  `);
});
