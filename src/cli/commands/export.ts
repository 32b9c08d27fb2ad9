/** `deftrec export RUN --out DIR`: a model for other tools. */
import { load } from "#experiment";
import { defineCommand } from "../command.ts";
import { needed, text } from "../flags.ts";
import { count } from "../words.ts";

export const exportCommand = defineCommand({
  name: "export",
  group: "Answers",
  summary: "a model as ONNX and safetensors, for tools that know nothing of this one",
  positionals: [{ name: "run", help: "a finished run" }],
  flags: { out: needed(text("DIR", "the directory to make")) },
  async run({ positionals: [run], flags: { out }, runtime, emit }) {
    await using model = await load(run, { runtime, emit });
    const found = await model.export({ out });
    return {
      json: found,
      text: `${out}: ${found.model} over ${count(found.items)} items, in ${found.files.join(", ")}.\nHow to use it stands in ${out}/manifest.json.`,
    };
  },
});
