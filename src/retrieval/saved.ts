/** Typed arrays out of an artifact: what is missing, of another type or another length is named. */
import { CheckpointError } from "#base";
import type { Arrays } from "#tensor";

/** The saved float32 array `name`; `owner` is who is told to be damaged, `length` what it must have. */
export function savedFloat32(arrays: Arrays | undefined, name: string, owner: string, length?: number): Float32Array {
  const data = arrays?.[name]?.data;
  if (data instanceof Float32Array && (length ?? data.length) === data.length) return data;
  throw damaged(owner, `${name}" (float32`, length);
}

/** The saved int32 array `name`, as `savedFloat32`. */
export function savedInt32(arrays: Arrays | undefined, name: string, owner: string, length?: number): Int32Array {
  const data = arrays?.[name]?.data;
  if (data instanceof Int32Array && (length ?? data.length) === data.length) return data;
  throw damaged(owner, `${name}" (int32`, length);
}

function damaged(owner: string, what: string, length: number | undefined): CheckpointError {
  const expected = length === undefined ? "" : ` with ${length} elements`;
  return new CheckpointError(
    `${owner}: the saved array "${what}${expected}) is missing or does not fit. The artifact is damaged or belongs to another model or dataset; train again.`,
    { code: "damaged-artifact", field: what.slice(0, what.indexOf('"')) },
  );
}
