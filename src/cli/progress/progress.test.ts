import { expect, test } from "vitest";
import type { Event } from "#base";
import { reporterFor } from "./index.ts";
import { pace, sentence } from "./sentences.ts";

const step: Event & { type: "step" } = {
  type: "step",
  stage: "sequence",
  epoch: 2,
  step: 120,
  steps: 960,
  losses: { total: 4.3123 },
  stepsPerSecond: 84.6,
  secondsLeft: 70,
};
const validation = { metric: "NDCG@10", value: 0.0412, best: true };

test("a step tells rate, loss and time left", () => {
  expect(pace(step)).toBe("epoch 3, loss 4.3123, 85 steps/s, 1:10 left");
});

test("epochs, stages and warnings are sentences", () => {
  const losses = { total: 4.2 };
  expect(sentence({ type: "epoch", stage: "sequence", epoch: 2, losses, validation, seconds: 7.06 })).toBe(
    "sequence: epoch 3, loss 4.2000, NDCG@10 on validation 0.0412 (best), 7.1 s",
  );
  expect(sentence({ type: "epoch", stage: "sequence", epoch: 0, losses, seconds: 7 })).toBe(
    "sequence: epoch 1, loss 4.2000, 7.0 s",
  );
  expect(sentence({ type: "stage", stage: "tokens", index: 0, of: 2 })).toBe("stage 1 of 2: tokens");
  expect(sentence({ type: "stage", stage: "only", index: 0, of: 1 })).toBeUndefined();
  expect(sentence({ type: "warning", text: "few users" })).toBe("warning: few users");
});

function printed(json: boolean, events: readonly Event[]): string {
  let text = "";
  const stderr = (more: string) => {
    text += more;
  };
  const terminal = { stdout: () => {}, stderr, interactive: false, color: false, environment: {} };
  const reporter = reporterFor(terminal, json);
  for (const event of events) reporter.emit(event);
  reporter.close();
  return text;
}

test("with --json every event is a line of JSON, and nothing else is printed", () => {
  const events: Event[] = [step, { type: "message", text: "hello" }];
  expect(
    printed(true, events)
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line)),
  ).toEqual(events);
});

test("where nobody watches, a step a moment after the last line is not worth a line", () => {
  expect(printed(false, [step, step, { type: "message", text: "hello" }])).toBe("hello\n");
});
