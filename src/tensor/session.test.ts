import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { encodeModel, type Graph } from "./onnx/model.ts";
import type { Runtime } from "./session.ts";

const GRAPH: Graph = {
  name: "copy",
  nodes: [{ operator: "Identity", domain: "", inputs: ["x"], outputs: ["y"], attributes: {} }],
  initializers: [],
  inputs: [{ name: "x", dtype: "float32", shape: [1] }],
  outputs: [{ name: "y", dtype: "float32", shape: [1] }],
};
const cpu: Runtime = { device: "cpu", threads: 1 };
const plain = { training: false, double: false, arena: true };

afterEach(() => {
  vi.doUnmock("onnxruntime-node");
  vi.resetModules();
});

/** session.ts beside an ONNX Runtime that is like this. */
async function sessionWith(runtime: () => Partial<unknown>) {
  vi.resetModules();
  vi.doMock("onnxruntime-node", runtime);
  return import("./session.ts");
}

/** An ONNX Runtime that opens no session, and what it was asked for. */
function refusing(message: string) {
  const create = vi.fn(() => Promise.reject(new Error(message)));
  return { create, runtime: () => ({ default: { InferenceSession: { create } } }) };
}

test("ONNX Runtime not installed is an error that names the fix, and is looked for again", async () => {
  let installed = false;
  const { loadRuntime } = await sessionWith(() => {
    if (!installed) throw new Error("Cannot find package 'onnxruntime-node'");
    return { default: { version: "there" } };
  });
  await expect(loadRuntime()).rejects.toMatchObject({ name: "DeviceError", code: "no-runtime" });
  await expect(loadRuntime()).rejects.toThrowErrorMatchingInlineSnapshot(
    `[DeviceError: onnxruntime-node is not installed or does not load on this machine. Run: ONNXRUNTIME_NODE_INSTALL=skip npm install onnxruntime-node@1.30.0]`,
  );
  installed = true;
  vi.resetModules();
  await expect(loadRuntime()).resolves.toEqual({ version: "there" });
});

test("a device that is not there is an error that says why and what to do", async () => {
  const { create, runtime } = refusing(
    "/onnxruntime_src/core/webgpu_context.cc:136 Initialize adapter_result.status == Success was false. Failed to get a WebGPU adapter: No supported adapters\nmore",
  );
  const { Session } = await sessionWith(runtime);
  const opened = Session.create(GRAPH, { device: "webgpu", threads: 2 }, plain);
  await expect(opened).rejects.toMatchObject({ name: "DeviceError", code: "no-device" });
  await expect(opened).rejects.toThrowErrorMatchingInlineSnapshot(
    `[DeviceError: device "webgpu": ONNX Runtime cannot open it on this machine (Failed to get a WebGPU adapter: No supported adapters). Use --device cpu, or see: deftrec doctor]`,
  );
  expect(create).toHaveBeenCalledWith(expect.anything(), expect.objectContaining({ executionProviders: ["webgpu"] }));
});

test("WebGPU computes what the CPU computes, or says that it is not there", async () => {
  const { Session } = await import("./session.ts");
  const x = { dtype: "float32", shape: [1], data: Float32Array.of(7) } as const;
  const opened = await Session.create(GRAPH, { device: "webgpu", threads: 1 }, plain).catch((cause: unknown) => cause);
  if (opened instanceof Session) {
    expect((await opened.run({ x }, { y: null })).y).toEqual(x);
    await opened.release();
  } else expect((opened as Error).message).toMatch(/^device "webgpu": ONNX Runtime cannot open it on this machine \(/);
});

test("a graph that the CPU refuses is our bug and says so", async () => {
  const { Session } = await sessionWith(refusing("no kernel for Nonsense").runtime);
  await expect(Session.create(GRAPH, cpu, plain)).rejects.toThrow(
    'internal: graph "copy" was refused by ONNX Runtime: no kernel for Nonsense',
  );
});

test("threads spin for as long as a node takes and never between runs, memory patterns are for inference, fused kernels for float32", async () => {
  const { create, runtime } = refusing("enough seen");
  const { Session } = await sessionWith(runtime);
  const settings = async (options: typeof plain) => {
    create.mockClear();
    await Session.create(GRAPH, { device: "cpu", threads: 2 }, options).catch(() => undefined);
    return create.mock.lastCall?.at(1) as unknown;
  };
  expect(await settings(plain)).toMatchObject({
    intraOpNumThreads: 2,
    enableMemPattern: true,
    enableCpuMemArena: true,
    graphOptimizationLevel: "all",
    extra: { session: { intra_op: { allow_spinning: "1", spin_duration_us: "50" }, force_spinning_stop: "1" } },
  });
  expect(await settings({ training: true, double: true, arena: false })).toMatchObject({
    enableMemPattern: false,
    enableCpuMemArena: false,
    graphOptimizationLevel: "basic",
  });
});

test("WebGPU runs wait for one another, CPU runs do not", async () => {
  let running = 0;
  let most = 0;
  const run = async () => {
    most = Math.max(most, ++running);
    await new Promise((resolve) => setTimeout(resolve, 5));
    running--;
    return {};
  };
  const { Session } = await sessionWith(() => ({
    default: { InferenceSession: { create: () => Promise.resolve({ run }) } },
  }));
  for (const [device, together] of [
    ["webgpu", 1],
    ["cpu", 2],
  ] as const) {
    most = 0;
    const sessions = await Promise.all([1, 2].map(() => Session.create(GRAPH, { device, threads: 1 }, plain)));
    await Promise.all(sessions.map((session) => session.run({}, {})));
    expect(most, device).toBe(together);
  }
});

test("the smallest numbers survive, in JavaScript and in graphs", async () => {
  const { Session } = await import("./session.ts");
  const product = { ...GRAPH, nodes: [{ ...GRAPH.nodes[0], operator: "Mul", inputs: ["x", "x"] }] };
  const session = await Session.create(product, cpu, plain);
  const x = { dtype: "float32", shape: [1], data: Float32Array.of(1e-20) } as const;
  expect((await session.run({ x }, { y: null })).y.data[0]).toBeCloseTo(1e-40, 44);
  const smallest = Float64Array.of(Number.MIN_VALUE); // read back, so that no compiler folds it
  expect(smallest[0] * 2).toBe(2 * 2 ** -1074);
  expect(smallest[0] > 0).toBe(true);
  await session.release();
});

test("an array that is fed again is wrapped once; another shape of it anew; outputs go where they are told", async () => {
  const { Session } = await import("./session.ts");
  const session = await Session.create(GRAPH, cpu, plain);
  const x = { dtype: "float32", shape: [1], data: Float32Array.of(3) } as const;
  const y = { dtype: "float32", shape: [1], data: new Float32Array(1) } as const;
  expect((await session.run({ x }, { y })).y).toBe(y);
  expect(y.data[0]).toBe(3);
  x.data[0] = 4; // the same memory: no new tensor is needed to see it
  await session.run({ x }, { y });
  expect(y.data[0]).toBe(4);
  await expect(session.run({ x: { ...x, shape: [1, 1] } }, { y: null })).rejects.toThrow("Invalid rank for input: x");
  await session.release();
});

test("a file that others wrote is opened with its names, runs, and says what is wrong with it", async () => {
  const { openOnnx } = await import("./session.ts");
  const folder = await mkdtemp(join(tmpdir(), "deftrec-onnx-"));
  const path = join(folder, "model.onnx");
  const open = () =>
    openOnnx(path, cpu).catch((cause: Error) => {
      throw new Error(cause.message.replaceAll(folder, "DIR"));
    });
  try {
    await expect(open()).rejects.toThrowErrorMatchingInlineSnapshot(
      `[Error: DIR/model.onnx: there is no ONNX file here.]`,
    );
    await writeFile(path, "not a graph");
    await expect(open()).rejects.toThrowErrorMatchingInlineSnapshot(
      `[Error: DIR/model.onnx: ONNX Runtime cannot open this file (Load model from DIR/model.onnx failed:Protobuf parsing failed.).]`,
    );
    await writeFile(path, encodeModel(GRAPH));
    await using model = await open();
    expect([model.inputs, model.outputs]).toEqual([["x"], ["y"]]);
    const x = { dtype: "float32", shape: [1], data: Float32Array.of(7) } as const;
    expect((await model.run({ x })).y).toEqual(x);
    await expect(model.run({ x: { ...x, shape: [1, 1] } })).rejects.toMatchObject({ code: "onnx-failed", file: path });
  } finally {
    await rm(folder, { recursive: true });
  }
});
