/** Errors on their way out: which exit code, and what is printed. */
import { CheckpointError, ConfigError, DataError, DeftrecError, InterruptedError } from "#base";

export const EXIT = { done: 0, failure: 1, usage: 2, data: 3, interrupted: 130 } as const;

/** What the file system says when a path is the problem, not the machine. */
const PATH_PROBLEMS = ["ENOENT", "EACCES", "EPERM", "ENOTDIR", "EISDIR", "EROFS", "ENAMETOOLONG", "ELOOP"];

export function exitCodeOf(error: unknown): number {
  if (error instanceof ConfigError) return EXIT.usage;
  if (error instanceof DataError || error instanceof CheckpointError) return EXIT.data;
  if (error instanceof InterruptedError) return EXIT.interrupted;
  return isPathProblem(error) ? EXIT.data : EXIT.failure;
}

/** `{"error":{…}}`, one line. `help` is the hint of usage errors that have none of their own. */
export function failureAsJson(error: unknown, help: string): string {
  const { code, message, file, line, field, hint } = described(error, help);
  return JSON.stringify({ error: { code, message, file, line, field, hint } });
}

/** For people: what happened, and below it what to do. */
export function failureAsText(error: unknown, help: string, paint: (text: string) => string): string {
  const { message, hint } = described(error, help);
  const label = error instanceof InterruptedError ? "stopped:" : "error:";
  // Some messages end in what to do already.
  return `${paint(label)} ${message}${hint === "" || message.includes(hint) ? "" : `\n  ${hint}`}`;
}

function described(error: unknown, help: string) {
  if (error instanceof DeftrecError) {
    const { code, message, file, line, field, hint = error instanceof ConfigError ? help : "" } = error;
    return { code, message, file, line, field, hint };
  }
  if (isPathProblem(error)) {
    const hint = "Check the path and who may read and write it.";
    return { code: "file", message: error.message, file: error.path, hint };
  }
  const message = error instanceof Error ? error.message : String(error);
  const hint =
    "This is not your mistake but ours. Run it again with DEFTREC_DEBUG=1 to see where, and please report it.";
  return { code: "internal", message, hint };
}

function isPathProblem(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "code" in error && PATH_PROBLEMS.includes(String(error.code));
}
