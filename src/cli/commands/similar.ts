/** `deftrec similar RUN --item ID`: the items most like one. */
import { load } from "#experiment";
import { defineCommand } from "../command.ts";
import { integer, needed, text, withDefault } from "../flags.ts";
import { itemsTable } from "../items-table.ts";

export const similar = defineCommand({
  name: "similar",
  group: "Answers",
  summary: "the items whose vectors are nearest to one item's",
  positionals: [{ name: "run", help: "a finished run of a model with item vectors" }],
  flags: {
    item: needed(text("ID", "the item")),
    topk: withDefault(integer("length of the list", 1), 10),
  },
  async run({ positionals: [run], flags: { item, topk }, runtime, emit }) {
    await using model = await load(run, { runtime, emit });
    const found = await model.similar({ item, topK: topk });
    return { json: found, text: itemsTable(found.items, model) };
  },
});
