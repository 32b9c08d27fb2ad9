import { type Arrays, compile, type NdArray, type Tensor } from "#tensor";

export interface Given {
  readonly inputs?: Arrays;
  readonly parameters?: Arrays;
  readonly key?: unknown;
  readonly threads?: number;
}

/** The value of a traced function on one set of arrays. */
export async function computed(
  trace: (inputs: Readonly<Record<string, Tensor>>) => Tensor,
  { inputs = {}, parameters = {}, key, threads = 1 }: Given = {},
): Promise<NdArray> {
  const runtime = { device: "cpu", threads } as const;
  await using compiled = compile("value", (traced) => ({ value: trace(traced) }), { runtime, parameters });
  return (await compiled.run(inputs, key)).value;
}
