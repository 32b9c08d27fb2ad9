import { expect, test } from "vitest";
import { parseHubId, showHubId } from "./hub-id.ts";

test("an id says owner and name, and where it wants to, revision and file; written again it is the same", () => {
  const model = "HuggingFaceTB/SmolLM2-135M-Instruct";
  expect(parseHubId(model)).toEqual({ model, revision: "main" });
  expect(parseHubId(`${model}@v1.0`)).toEqual({ model, revision: "v1.0" });
  expect(parseHubId(`${model}@refs/pr/3`)).toEqual({ model, revision: "refs/pr/3" });
  expect(parseHubId(`${model}/q4/model.gguf`)).toEqual({ model, revision: "main", file: "q4/model.gguf" });
  expect(parseHubId(`${model}@v1/model.gguf`)).toEqual({ model, revision: "v1", file: "model.gguf" });
  for (const id of [model, `${model}@v1.0`, `${model}/q4/model.gguf`, `${model}@v1/model.gguf`]) {
    expect(showHubId(parseHubId(id)!)).toBe(id);
  }
});

test.each([
  "model",
  "./owner/name",
  "../name",
  "/owner/name",
  "owner/name/",
  "owner/name/deeper",
  "owner/../name",
  "owner/name@../x",
  "owner/name/../../x.gguf",
  "owner\\name",
  "owner/name@",
  "C:/models/x",
  "owner/na me",
])("%s is no id", (text) => {
  expect(parseHubId(text)).toBeUndefined();
});
