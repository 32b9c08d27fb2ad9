import { expect, test } from "vitest";
import * as families from "./index.ts";

test("each family is told from the others in both formats, and says which parts it uses", () => {
  const all = Object.values(families);
  expect(new Set(all.map(({ modelType }) => modelType)).size).toBe(all.length);
  expect(new Set(all.map(({ ggufArchitecture }) => ggufArchitecture)).size).toBe(all.length);
  const plain = { attentionBias: false, feedForwardBias: false };
  const used = Object.fromEntries(
    all.map(({ modelType, parts }) => [
      modelType,
      Object.entries(parts(plain)).flatMap(([part, on]) => (on ? [part] : [])),
    ]),
  );
  expect(used).toEqual({ llama: [], qwen2: ["queryKeyValueBias"], qwen3: ["queryKeyNorm"] });
  expect(families.llama.parts({ attentionBias: true, feedForwardBias: true })).toEqual({
    queryKeyValueBias: true,
    outputBias: true,
    feedForwardBias: true,
    queryKeyNorm: false,
  });
});
