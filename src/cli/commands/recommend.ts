/** `deftrec recommend RUN (--user ID | --history ID,ID,…)`: a ranked list. */
import { load, type Model, type Recommendations } from "#experiment";
import { answeringNotes, answeringOf } from "../answering.ts";
import { defineCommand } from "../command.ts";
import { ids, integer, onOff, text, withDefault } from "../flags.ts";
import { itemsTable, shortened } from "../items-table.ts";
import { rules, rulesNotes } from "../shared-flags.ts";

export const recommend = defineCommand({
  name: "recommend",
  group: "Answers",
  summary: "a ranked list for a user of the data, or for any history",
  positionals: [{ name: "run", help: "a finished run" }],
  flags: {
    user: text("ID", "a user of the data; the whole stored history counts"),
    history: ids("instead of a user: items, oldest first"),
    topk: withDefault(integer("length of the list", 1), 10),
    explain: onOff("say of each item which items of the history lie near, and what spoke for it", false),
    ...rules,
  },
  notes: () =>
    `Example:\n  deftrec recommend runs/first --history 1193,661,914 --topk 5\n${rulesNotes}\n${answeringNotes()}`,
  configurable: true,
  async run({ positionals: [run], flags, settings, runtime, emit }) {
    const { user, history, topk, ...asked } = flags;
    await using model = await load(run, { answering: answeringOf(settings, flags), runtime, emit });
    const found = await model.recommend({ user, history, topK: topk, ...asked });
    return { json: found, text: recommendationsText(found, model, user) };
  },
});

function recommendationsText(found: Recommendations, model: Model, user?: string): string {
  const { items, cold, ignored, excluded } = found;
  if (items.length === 0) {
    const { history, where, exclude } = excluded;
    return `Nothing is left of ${model.pipeline.catalogue.size} items: ${history} stand in the history, ${where} do not meet --where, ${exclude} are excluded.`;
  }
  const who = user === undefined ? "this history" : `user ${user}`;
  const heading = cold ? `Nothing is known of ${who}: these items are popular.` : `${model.manifest.model} for ${who}:`;
  return [
    heading,
    "",
    itemsTable(items, model),
    ...whyText(items),
    ...(ignored.length > 0 ? ["", `Not in the catalogue, and ignored: ${ignored.join(", ")}`] : []),
  ].join("\n");
}

/** A line an item: what it follows from. */
function whyText(items: Recommendations["items"]): string[] {
  const lines = items.flatMap(({ why }, at) => {
    if (why === undefined) return [];
    const near = why.because.map(({ item, title, weight }) => `${shortened(title ?? item)} (${weight.toFixed(2)})`);
    const wanted = why.category === undefined ? "" : `; wanted next: ${why.category}`;
    const spoke = why.spoke?.map(({ source, gain }) => `${source} (+${gain.toFixed(2)})`) ?? [];
    const by = spoke.length === 0 ? "" : `; spoken for by ${spoke.join(", ")}`;
    return [`${at + 1} because of ${near.join(", ") || "its popularity"}${wanted}${by}`];
  });
  const text = items[0]?.why?.text;
  const generated = text === undefined ? [] : ["", `The model says (generated): ${text}`];
  return lines.length === 0 ? [] : ["", ...lines, ...generated];
}
