import { expect, test } from "vitest";
import { BYTE_TOKENIZER } from "../../../test/suites/tiny-language-model.ts";
import { ChatTemplate } from "../chat-template.ts";
import { TextTokenizer } from "../text-tokenizer.ts";
import { layOut, layOutChat, VECTOR } from "./lay-out.ts";
import { pieces, slot } from "./pieces.ts";
import { shortened } from "./shortened.ts";

const tokenizer = TextTokenizer.of("tiny", BYTE_TOKENIZER);
const idsOf = (text: string) => tokenizer.tokens(text);
const filled = (ids: readonly number[]) => tokenizer.textOf(ids.map((id) => (id === VECTOR ? idsOf("#")[0] : id)));

test("pieces become ids in their order, each slot with as many places as vectors", () => {
  const items = ["soap", "comb"].map((title) => pieces`- ${title} ${slot("item", 2)}\n`);
  const { ids, slots } = layOut(tokenizer, pieces`So far:\n${items}next ${slot("query")}${{ ids: idsOf("!") }}`);
  expect(filled(ids)).toBe("So far:\n- soap ##\n- comb ##\nnext #!");
  expect(slots).toEqual([
    { slot: "item", start: 15, places: 2 },
    { slot: "item", start: 25, places: 2 },
    { slot: "query", start: 33, places: 1 },
  ]);
  for (const { start, places } of slots) expect(new Set(ids.slice(start, start + places))).toEqual(new Set([VECTOR]));
});

test("a conversation is what the model's template makes of it, slots and all", () => {
  const template = ChatTemplate.parse(
    "tiny",
    "{% for m in messages %}<|turn|>{{ m.role }}: {{ m.content | trim }}<|end|>{% endfor %}{% if add_generation_prompt %}<|turn|>assistant: {% endif %}",
  );
  const messages = [{ role: "user", pieces: pieces`  What goes with ${slot("item", 3)}?  ` }] as const;
  const { ids, slots } = layOutChat(tokenizer, template, messages);
  expect(filled(ids)).toBe("<|turn|>user: What goes with ###?<|end|><|turn|>assistant: ");
  expect(ids[0]).toBe(1); // a special token, not its letters
  expect(slots).toEqual([{ slot: "item", start: 22, places: 3 }]);
  expect(filled(layOutChat(tokenizer, template, messages, { reply: false }).ids)).toBe(
    "<|turn|>user: What goes with ###?<|end|>",
  );
});

test("words that hold marks of their own bring none in", () => {
  const template = ChatTemplate.parse("tiny", "{% for m in messages %}{{ m.content }}{% endfor %}");
  const { ids, slots } = layOutChat(tokenizer, template, [{ role: "user", pieces: pieces`a\ue000b${slot("item")}` }]);
  expect(filled(ids)).toBe("ab#");
  expect(slots).toHaveLength(1);
});

test("a title is cut by tokens, stands on one line, and its special tokens are taken out", () => {
  expect(tokenizer.textOf(shortened(tokenizer, "red\n  nail<|end|> polish", 8).ids)).toBe("red nail");
  expect(tokenizer.textOf(shortened(tokenizer, "so<|turn|>ap", 8).ids)).toBe("soap");
});
