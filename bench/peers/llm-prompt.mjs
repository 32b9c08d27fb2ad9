/** llama.cpp's twin of llm-prompt: reads the prompt and says the likeliest next token. */
import { serve, timed } from "./llama.mjs";

await serve((sequence, ids) =>
  timed(async () => {
    for await (const token of sequence.evaluate(ids, { temperature: 0, yieldEogToken: true })) return token;
  }),
);
