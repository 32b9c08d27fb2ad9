/** Where a command prints, and what that place can show. */
import { styleText } from "node:util";

export interface Terminal {
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
  /** Someone watches stderr: bars make sense. */
  readonly interactive: boolean;
  readonly color: boolean;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** This process's. */
export function processTerminal(): Terminal {
  const { env, stdout, stderr } = process;
  return {
    stdout: (text) => stdout.write(text),
    stderr: (text) => stderr.write(text),
    interactive: stderr.isTTY === true && env.TERM !== "dumb",
    color: stderr.isTTY === true && stdout.isTTY === true && !env.NO_COLOR,
    environment: env,
  };
}

/** `text` in red where there is colour. */
export function red(text: string, { color }: Pick<Terminal, "color">): string {
  return color ? styleText("red", text) : text;
}
