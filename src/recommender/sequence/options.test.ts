import { expect, test } from "vitest";
import { sequenceOptions } from "../../../test/suites/sequence-options.ts";
import { requireNoGaps } from "./index.ts";

test("windows that would leave items out are refused", () => {
  expect(() => requireNoGaps("a model", sequenceOptions({ windows: "sliding", stride: 30 }))).not.toThrow();
  expect(() => requireNoGaps("a model", sequenceOptions({ stride: 60 }))).not.toThrow(); // it does not slide
  expect(() =>
    requireNoGaps("a model", sequenceOptions({ windows: "sliding", stride: 60 })),
  ).toThrowErrorMatchingInlineSnapshot(
    `[ConfigError: a model: "stride" = 60 is above "maxLength" = 50, so that items would fall between two windows.]`,
  );
});
