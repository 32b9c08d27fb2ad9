/**
 * One prompt tried on a model: what it writes, what it would rather have written, how surprised it was by the prompt, how
 * fast it was. The prompt's speed is that of reading it as generation does, without the logits of all its tokens.
 */
import { ConfigError } from "#base";
import { type GenerateOptions, type LanguageModel, TextStream, topTokens } from "#llm";
import { Key } from "#random";

export interface TrialOptions {
  /** Special tokens written in it are recognised. */
  readonly prompt?: string;
  readonly tokens?: readonly number[];
  /** The prompt is a message for the model's chat template. */
  readonly chat?: boolean;
  readonly maxTokens: number;
  readonly temperature?: number;
  readonly topK?: number;
  readonly topP?: number;
  readonly seed?: number;
  /** Writes on past tokens that end a text. */
  readonly ignoreStop?: boolean;
  readonly signal?: { readonly aborted: boolean };
  /** Told what is written as it comes, where the model has a tokenizer. */
  readonly onText?: (piece: string) => void;
}

export interface Trial {
  /** null where the model has no text tokenizer. */
  readonly text: string | null;
  readonly tokens: readonly number[];
  readonly promptTokens: readonly number[];
  /** The ten likeliest tokens after the prompt, with their logits. */
  readonly top: readonly (readonly [number, number])[];
  /** Mean negative log-likelihood of the prompt's tokens but the first; null where there is one token. */
  readonly nll: number | null;
  readonly promptTokensPerSecond: number | null;
  /** Of the tokens after the first. */
  readonly decodeTokensPerSecond: number | null;
}

const TOP = 10;

/** Tries a prompt. */
export async function tryPrompt(model: LanguageModel, options: TrialOptions): Promise<Trial> {
  const promptTokens = tokensOf(model, options);
  const written = await continued(model, promptTokens, options);
  const { surprises, logits } = await model.score(promptTokens);
  const total = surprises.reduce((sum, surprise) => sum + surprise, 0);
  return {
    ...written,
    promptTokens,
    top: topTokens(logits, TOP),
    nll: surprises.length === 0 ? null : total / surprises.length,
  };
}

async function continued(model: LanguageModel, prompt: readonly number[], options: TrialOptions) {
  const { maxTokens, temperature, topK, topP, seed = 1, ignoreStop = false, signal, onText } = options;
  const generating: GenerateOptions = {
    maxTokens: Math.max(1, maxTokens), // a token is chosen whenever the prompt is read
    ...(temperature !== undefined && { temperature }),
    ...(topK !== undefined && { topK }),
    ...(topP !== undefined && { topP }),
    ...(ignoreStop && { stop: [] }),
    ...(signal && { signal }),
    key: Key.of(seed),
  };
  const tokenizer = model.hasTexts ? model.texts.tokenizer : undefined;
  const stream = new TextStream((ids) => tokenizer?.textOf(ids) ?? "");
  const tokens: number[] = [];
  const startedAt = performance.now();
  let firstAt = startedAt;
  let lastAt = startedAt;
  const say = (piece: string) => {
    if (piece !== "") onText?.(piece);
    return piece;
  };
  let text = "";
  for await (const step of model.generate([prompt], generating)) {
    lastAt = performance.now();
    if (tokens.length === 0) firstAt = lastAt;
    if (maxTokens === 0) break;
    const [token] = step.tokens;
    if (token === undefined) continue;
    tokens.push(token);
    text += say(stream.add([token]));
  }
  if (firstAt === startedAt) firstAt = performance.now(); // the first token ended the text
  text += say(stream.end());
  return {
    text: tokenizer === undefined ? null : text,
    tokens,
    promptTokensPerSecond: speed(prompt.length, firstAt - startedAt),
    decodeTokensPerSecond: speed(tokens.length - 1, lastAt - firstAt),
  };
}

function speed(count: number, milliseconds: number): number | null {
  return count < 1 || milliseconds <= 0 ? null : (1000 * count) / milliseconds;
}

function tokensOf(model: LanguageModel, { prompt, tokens, chat = false, maxTokens }: TrialOptions): readonly number[] {
  const ids =
    prompt === undefined ? (tokens ?? []) : model.texts.tokenizer.tokens(chat ? asMessage(model, prompt) : prompt);
  const { maxPositions } = model.config;
  if (ids.length + maxTokens > maxPositions) {
    throw new ConfigError(
      `${model.path}: ${ids.length} tokens of prompt and ${maxTokens} to write are more than the ${maxPositions} that this model was trained to read.`,
      { code: "too-long", field: "prompt", hint: "Shorten the prompt, or write fewer tokens." },
    );
  }
  if (ids.length > 0) return ids;
  throw new ConfigError(`${model.path}: the prompt has no tokens; expected one at least.`, {
    code: "empty-prompt",
    field: "prompt",
  });
}

function asMessage(model: LanguageModel, content: string): string {
  const { template } = model.texts;
  if (template !== undefined) return template.render([{ role: "user", content }]);
  throw new ConfigError(
    `${model.path}: this model has no chat template; --chat has nothing to put the prompt through.`,
    {
      code: "no-template",
      field: "chat",
      hint: "Leave --chat out, and write the prompt as the model's card says.",
    },
  );
}
