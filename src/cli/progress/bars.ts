/** Events as one bar at a time on a terminal, with what is worth reading later above it. */
import { MultiBar, Presets, type SingleBar } from "cli-progress";
import type { Event } from "#base";
import type { Terminal } from "../terminal.ts";
import type { Reporter } from "./reporter.ts";
import { pace, sentence } from "./sentences.ts";

const OPTIONS = {
  format: "{what} {bar} {percentage} %  {pace}",
  barsize: 24,
  hideCursor: true,
  clearOnComplete: true,
  fps: 8,
} as const;

export function barReporter({ stderr }: Terminal): Reporter {
  let bars: MultiBar | undefined; // made with the first bar: most commands never show one
  let current: { what: string; bar: SingleBar } | undefined;
  const end = () => {
    if (current !== undefined) bars?.remove(current.bar);
    current = undefined;
  };
  const move = (what: string, done: number, of: number, words: string) => {
    if (current?.what !== what) {
      end();
      bars ??= new MultiBar(OPTIONS, Presets.shades_classic);
      current = { what, bar: bars.create(of, 0, { what, pace: words }) };
    }
    current.bar.update(done, { pace: words });
    if (done >= of) end();
  };
  const say = (text: string) => {
    if (bars === undefined) stderr(`${text}\n`);
    else bars.log(`${text}\n`);
    bars?.update(); // at once, before a bar goes: what is logged and not shown yet would be lost
  };
  const emit = (event: Event) => {
    const words = sentence(event);
    if (event.type === "step") move(event.stage, event.step, event.steps, pace(event));
    else if (event.type === "progress") move(event.what, event.done, event.of ?? event.done + 1, "");
    // An epoch that was not validated has nothing the bar does not show.
    else if (words !== undefined && !(event.type === "epoch" && event.validation === undefined)) say(words);
  };
  return {
    emit,
    say,
    close: () => {
      end();
      bars?.stop();
    },
  };
}
