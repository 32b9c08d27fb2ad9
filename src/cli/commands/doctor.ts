/** `deftrec doctor`: what of this machine is fit, what is missing, and what to do about it. */
import { defineCommand } from "../command.ts";
import { EXIT } from "../failure.ts";
import { examine, type Finding } from "../machine.ts";

const MARKS = { fit: "✓", missing: "✗", limited: "!" } as const;

export const doctor = defineCommand({
  name: "doctor",
  group: "Start",
  summary: "what of this machine is fit, what is missing, what to do about it",
  flags: {},
  async run() {
    const findings = await examine();
    const fit = !findings.some(({ state, essential }) => state === "missing" && essential);
    return {
      json: { fit, checks: findings },
      text: [...findings.map(line), "", fit ? "This machine is fit." : "Something essential is missing."].join("\n"),
      exitCode: fit ? EXIT.done : EXIT.failure,
    };
  },
});

function line({ name, state, found, todo }: Finding): string {
  return `${MARKS[state]} ${name.padEnd(16)} ${found}${todo === undefined ? "" : `\n${" ".repeat(19)}→ ${todo}`}`;
}
