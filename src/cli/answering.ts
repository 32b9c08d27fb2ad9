/**
 * `--set` and `--config` of commands that ask a finished run: options that its model declares as ways of answering. Whether an
 * option is one is said where the run, and so its model, is known (`load`).
 */
import { models } from "#experiment";
import { type GivenSettings, merged, type Settings } from "./settings.ts";
import { optionsOf } from "./shared-flags.ts";

/** What is said to the model: `--set` over the file, without the keys that are flags of the command. */
export function answeringOf(given: GivenSettings, flags: Readonly<Record<string, unknown>>): Settings {
  return merged(optionsOf(given, flags), given.set);
}

/** Which options of which models can be said. */
export function answeringNotes(): string {
  const lines = Object.entries(models()).flatMap(([name, { answering = [] }]) =>
    answering.length === 0 ? [] : [`  of ${name}: ${answering.join(", ")}`],
  );
  return ["What --set KEY=VALUE and --config FILE may say to a trained model:", ...lines].join("\n");
}
