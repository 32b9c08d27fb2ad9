/**
 * A model's chat template: messages → the prompt it was trained on. Templates are Jinja; @huggingface/jinja renders them.
 * Differs: no clock. A template that asks for the date (`strftime_now`) gets the one it falls back to, so that a prompt follows
 * from its messages.
 */
import { Template } from "@huggingface/jinja";
import { DataError } from "#base";

export interface ChatMessage {
  readonly role: "system" | "user" | "assistant";
  readonly content: string;
}

/** Jinja's library has a clock under this name; a name that is nothing takes its place. */
const NO_CLOCK = "{% set strftime_now = no_clock %}";

export class ChatTemplate {
  private constructor(
    private readonly path: string,
    private readonly template: Template,
    /** Texts of special tokens, which templates call by name (`bos_token`). */
    private readonly tokens: Readonly<Record<string, string>>,
  ) {}

  /** Parses a template; `path` is named in errors. */
  static parse(path: string, source: string, tokens: Readonly<Record<string, string>> = {}): ChatTemplate {
    try {
      return new ChatTemplate(path, new Template(NO_CLOCK + source), tokens);
    } catch (cause) {
      throw unusable(path, cause);
    }
  }

  /** The prompt; with `reply`, up to where the assistant's answer begins. */
  render(messages: readonly ChatMessage[], { reply = true }: { readonly reply?: boolean } = {}): string {
    try {
      return this.template.render({
        ...this.tokens,
        messages,
        add_generation_prompt: reply,
      });
    } catch (cause) {
      throw unusable(this.path, cause);
    }
  }
}

function unusable(path: string, cause: unknown): DataError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new DataError(`${path}: the chat template does not render (${why}).`, {
    code: "bad-template",
    file: path,
    hint: "Write the prompt as the model's card says, without --chat.",
    cause,
  });
}
