/** Errors on their way between threads: structured cloning keeps the message and drops class, code, file and line. */
import {
  CheckpointError,
  ConfigError,
  DataError,
  DeftrecError,
  DeviceError,
  DTypeError,
  type ErrorDetails,
  InterruptedError,
  ShapeError,
} from "#base";

/** An error as plain data. */
export interface PackedError {
  readonly name: string;
  readonly message: string;
  readonly stack?: string;
  readonly details?: ErrorDetails;
}

const CLASSES = { ShapeError, DTypeError, ConfigError, DataError, CheckpointError, DeviceError, InterruptedError };

export function packError(error: unknown): PackedError {
  if (!(error instanceof Error)) return { name: "Error", message: String(error) };
  const { name, message, stack } = error;
  if (!(error instanceof DeftrecError)) return { name, message, stack };
  const { code, file, line, field, hint } = error;
  return { name, message, stack, details: { code, file, line, field, hint } };
}

export function unpackError({ name, message, stack, details }: PackedError): Error {
  const known = Object.entries(CLASSES).find(([className]) => className === name);
  const error = known === undefined ? new Error(message) : new known[1](message, details);
  error.stack = stack; // where it really happened
  return error;
}
