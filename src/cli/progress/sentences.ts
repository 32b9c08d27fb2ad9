/** Events in words; undefined for those that only move a bar. */
import type { Event } from "#base";
import { clock, duration, figure } from "../words.ts";

export function sentence(event: Event): string | undefined {
  switch (event.type) {
    case "stage":
      return event.of === 1 ? undefined : `stage ${event.index + 1} of ${event.of}: ${event.stage}`;
    case "epoch": {
      const chosen = event.validation;
      const judged =
        chosen && `, ${chosen.metric} on validation ${figure(chosen.value)}${chosen.best ? " (best)" : ""}`;
      return `${event.stage}: epoch ${event.epoch + 1}, loss ${loss(event.losses)}${judged ?? ""}, ${duration(event.seconds)}`;
    }
    case "message":
      return event.text;
    case "warning":
      return `warning: ${event.text}`;
    default:
      return undefined;
  }
}

/** `epoch 3, loss 4.312, 85 steps/s, 1:10 left`. */
export function pace(event: Extract<Event, { type: "step" }>): string {
  const { epoch, losses, stepsPerSecond, secondsLeft } = event;
  const rate = stepsPerSecond < 10 ? stepsPerSecond.toFixed(1) : Math.round(stepsPerSecond);
  return `epoch ${epoch + 1}, loss ${loss(losses)}, ${rate} steps/s, ${clock(secondsLeft)} left`;
}

function loss(losses: Readonly<Record<string, number>>): string {
  return (losses.total ?? Number.NaN).toFixed(4);
}
