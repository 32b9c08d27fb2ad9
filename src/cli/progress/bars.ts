/** Events as one bar at a time on a terminal, with what is worth reading later above it. */
import { MultiBar, Presets, type SingleBar } from "cli-progress";
import type { Event } from "#base";
import type { Reporter } from "./reporter.ts";
import { pace, sentence } from "./sentences.ts";

export function barReporter(): Reporter {
  const bars = new MultiBar(
    { format: "{what} {bar} {percentage} %  {pace}", barsize: 24, hideCursor: true, clearOnComplete: true, fps: 8 },
    Presets.shades_classic,
  );
  let current: { what: string; bar: SingleBar } | undefined;
  const end = () => {
    if (current !== undefined) bars.remove(current.bar);
    current = undefined;
  };
  const move = (what: string, done: number, of: number, words: string) => {
    if (current?.what !== what) {
      end();
      current = { what, bar: bars.create(of, 0, { what, pace: words }) };
    }
    current.bar.update(done, { pace: words });
    if (done >= of) end();
  };
  const say = (text: string) => {
    bars.log(`${text}\n`);
    bars.update();
  };
  const emit = (event: Event) => {
    const words = sentence(event);
    if (event.type === "step") move(event.stage, event.step, event.steps, pace(event));
    else if (event.type === "progress") move(event.what, event.done, event.of ?? event.done + 1, "");
    else if (words !== undefined) say(words);
  };
  return {
    emit,
    say,
    close: () => {
      end();
      bars.stop();
    },
  };
}
