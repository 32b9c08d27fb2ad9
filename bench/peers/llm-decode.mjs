/** llama.cpp's twin of llm-decode: after the prompt's first token, the time that the next ones take. */
import { serve, timed } from "./llama.mjs";

const TOKENS = 64;

await serve(async (sequence, ids) => {
  const tokens = sequence.evaluate(ids, { temperature: 0, yieldEogToken: true });
  const first = await tokens.next();
  const result = await timed(async () => {
    for (let count = 0; count < TOKENS; count++) await tokens.next();
    return first.value;
  });
  await tokens.return();
  return { ...result, milliseconds: result.milliseconds / TOKENS, processor: result.processor / TOKENS };
});
