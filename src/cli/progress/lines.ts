/** Events as plain lines on stderr, for logs and pipes: a line now and then, not one a step. */
import type { Terminal } from "../terminal.ts";
import type { Reporter } from "./reporter.ts";
import { pace, sentence } from "./sentences.ts";

const MILLISECONDS_BETWEEN = 5000;

export function lineReporter({ stderr }: Terminal): Reporter {
  let saidAt = performance.now();
  const due = () => {
    const now = performance.now();
    if (now - saidAt < MILLISECONDS_BETWEEN) return false;
    saidAt = now;
    return true;
  };
  const say = (text: string) => stderr(`${text}\n`);
  return {
    emit: (event) => {
      const words = sentence(event);
      if (words !== undefined) say(words);
      else if (event.type === "step" && due())
        say(`${event.stage}: step ${event.step} of ${event.steps}, ${pace(event)}`);
      else if (event.type === "progress" && due())
        say(`${event.what}: ${event.done}${event.of ? ` of ${event.of}` : ""}`);
    },
    say,
    close: () => {},
  };
}
