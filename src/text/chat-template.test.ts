import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { goldenOf, missingModel, modelPath } from "../../test/suites/shared-models.ts";
import { type ChatMessage, ChatTemplate } from "./chat-template.ts";

test.skipIf(missingModel("smollm2-135m") !== undefined)(
  "SmolLM2's template renders what transformers renders",
  async () => {
    const { chat } = await goldenOf<{ chat: { messages: ChatMessage[]; text: string } }>("smollm2-135m");
    const config = JSON.parse(await readFile(modelPath("smollm2-135m/tokenizer_config.json"), "utf8"));
    expect(ChatTemplate.parse("t", config.chat_template).render(chat.messages)).toBe(chat.text);
  },
);

test("special tokens are called by name, the reply is begun or not, and no clock is read", () => {
  const source =
    "{{ bos_token }}{% for m in messages %}[{{ m.role }}] {{ m.content }}\n{% endfor %}" +
    "{% if add_generation_prompt %}[assistant]{% endif %}" +
    "{% if strftime_now is defined %}{{ strftime_now('%Y') }}{% endif %}";
  const template = ChatTemplate.parse("t", source, { bos_token: "<s>" });
  const messages = [{ role: "user", content: "Hi" }] as const;
  expect(template.render(messages)).toBe("<s>[user] Hi\n[assistant]");
  expect(template.render(messages, { reply: false })).toBe("<s>[user] Hi\n");
});

test("a template that is damaged, or refuses the messages, is named", () => {
  expect(() => ChatTemplate.parse("chat_template.jinja", "{% for %}")).toThrowErrorMatchingInlineSnapshot(
    `[DataError: chat_template.jinja: the chat template does not render (Unexpected token: CloseStatement).]`,
  );
  const refuses = ChatTemplate.parse("chat_template.jinja", "{{ raise_exception('roles must alternate') }}");
  expect(() => refuses.render([{ role: "user", content: "Hi" }])).toThrowErrorMatchingInlineSnapshot(
    `[DataError: chat_template.jinja: the chat template does not render (roles must alternate).]`,
  );
});
