/**
 * The errors a user can meet. Each says who failed, what was expected, what was found and what to do;
 * `code` is stable, and file, line and field are data so that a program need not parse the sentence.
 */
export interface ErrorDetails {
  /** Stable, kebab-case; programs may switch on it. */
  readonly code?: string;
  readonly file?: string;
  readonly line?: number;
  readonly field?: string;
  /** What to do about it, one sentence. */
  readonly hint?: string;
  readonly cause?: unknown;
}

/** What every error of the engine has in common. */
export abstract class DeftrecError extends Error {
  readonly code: string;
  readonly file?: string;
  readonly line?: number;
  readonly field?: string;
  readonly hint?: string;

  constructor(name: string, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = name;
    this.code = details.code ?? name.replace(/Error$/, "").toLowerCase();
    this.file = details.file;
    this.line = details.line;
    this.field = details.field;
    this.hint = details.hint;
  }
}

/** Shapes that do not fit: names the parameter's address or the primitive. */
export class ShapeError extends DeftrecError {
  constructor(message: string, details?: ErrorDetails) {
    super("ShapeError", message, details);
  }
}

/** Element types that do not fit. */
export class DTypeError extends DeftrecError {
  constructor(message: string, details?: ErrorDetails) {
    super("DTypeError", message, details);
  }
}

/** A command, flag, model, key or value that cannot be used. */
export class ConfigError extends DeftrecError {
  constructor(message: string, details?: ErrorDetails) {
    super("ConfigError", message, details);
  }
}

/** A file, id or content that is wrong or missing. */
export class DataError extends DeftrecError {
  constructor(message: string, details?: ErrorDetails) {
    super("DataError", message, details);
  }
}

/** A run, checkpoint or artifact that is damaged or does not belong. */
export class CheckpointError extends DeftrecError {
  constructor(message: string, details?: ErrorDetails) {
    super("CheckpointError", message, details);
  }
}

/** A device, runtime, store or network that is not there. */
export class DeviceError extends DeftrecError {
  constructor(message: string, details?: ErrorDetails) {
    super("DeviceError", message, details);
  }
}

/** Work was stopped from outside; what was done until then is kept. */
export class InterruptedError extends DeftrecError {
  constructor(message = "interrupted", details?: ErrorDetails) {
    super("InterruptedError", message, details);
  }
}

/** `, did you mean "x"?` for the candidate nearest to `word`, or nothing when none is near. */
export function didYouMean(word: string, candidates: Iterable<string>): string {
  let best = "";
  let bestDistance = Math.max(2, Math.floor(word.length / 3)) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best === "" ? "" : `, did you mean "${best}"?`;
}

/** Levenshtein distance: the fewest insertions, deletions and substitutions that turn a into b. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const substitution = previous[column - 1] + (a[row - 1] === b[column - 1] ? 0 : 1);
      current.push(Math.min(substitution, previous[column] + 1, current[column - 1] + 1));
    }
    previous = current;
  }
  return previous[b.length];
}
