import { createHash } from "node:crypto";
import { existsSync, readdirSync, statSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import type { Event } from "#base";
import { writeSafetensors } from "#tensor";
import { deftrec } from "../../../test/fixtures/command-line.ts";
import { SMALL_MODEL, smallWeights, writeModelAsGguf } from "../../../test/suites/checkpoint-writer.ts";
import { HubServer } from "../../../test/suites/hub-server.ts";
import { writeTinyLanguageModel } from "../../../test/suites/tiny-language-model.ts";
import { LanguageModel } from "../language-model.ts";
import { fetchModel } from "./fetch-model.ts";
import { parseHubId } from "./hub-id.ts";
import { locateModel } from "./locate.ts";

const PAUSE = 1;
let folder = "";
let hub: HubServer;
let source = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "deftrec-hub-"));
  source = await writeTinyLanguageModel(join(folder, "source"));
});
afterAll(() => rm(folder, { recursive: true }));
let tests = 0;
beforeEach(async () => {
  hub = await HubServer.start();
  await hub.offer("someone/tiny", source, { "README.md": "about it", "pytorch_model.bin": "code" });
  vi.stubEnv("DEFTREC_CACHE", join(folder, `cache-${tests++}`));
  vi.stubEnv("HF_ENDPOINT", hub.endpoint);
  vi.stubEnv("HF_TOKEN", "");
  vi.stubEnv("HF_HUB_OFFLINE", "");
});
afterEach(async () => {
  await hub[Symbol.asyncDispose]();
  vi.unstubAllEnvs();
});

const NEEDED = ["config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"];

function fetched(id = "someone/tiny", emit?: (event: Event) => void): Promise<string> {
  return fetchModel(parseHubId(id)!, { pause: PAUSE, emit });
}

async function refused(id?: string): Promise<string> {
  const { name, message, code, hint } = await fetched(id).then(
    () => expect.fail("it was fetched"),
    (error) => error,
  );
  return `${name} ${code}: ${message} | ${hint}`.replaceAll(hub.endpoint, "HUB").replaceAll(/\S*cache-\d+/g, "CACHE");
}

/** Cuts a connection after so many bytes, once they are on disk: what lies between may be lost with the connection. */
function cutWhenKept(cutAfter: number) {
  const before = keptOf();
  const when = () => vi.waitUntil(() => keptOf() >= before + cutAfter, { timeout: 10_000, interval: 5 }).then(() => {});
  return { cutAfter, when };
}

/** Bytes of the part that lies in this test's cache. */
function keptOf(): number {
  const blobs = join(folder, `cache-${tests - 1}`, "hub", "someone--tiny", "blobs");
  const parts = existsSync(blobs) ? readdirSync(blobs).filter((name) => name.endsWith(".part")) : [];
  return parts.reduce((sum, name) => sum + statSync(join(blobs, name)).size, 0);
}

test("a model is fetched as far as it is needed, opened, and not fetched again", async () => {
  await using model = await LanguageModel.open("someone/tiny", { runtime: { device: "cpu", threads: 1 } });
  expect(hub.taken().sort()).toEqual(NEEDED);
  expect(model.texts.tokenizer.tokens("a")).toHaveLength(1);
  const path = await fetched();
  expect(hub.taken()).toEqual([]);
  expect((await readdir(path)).sort()).toEqual(NEEDED);
  for (const name of NEEDED) expect(await readFile(join(path, name))).toEqual(await readFile(join(source, name)));
});

test("a new commit fetches what changed; the old one can still be named, and no longer needs the hub", async () => {
  const first = await fetched();
  const commit = hub.commit;
  hub.taken();
  await hub.offer("someone/tiny", source, { "tokenizer_config.json": "{}" });
  const second = await fetched();
  expect(second).not.toBe(first);
  expect(hub.taken()).toEqual(["tokenizer_config.json"]);
  expect(await fetched(`someone/tiny@${commit}`)).toBe(first);
  expect(hub.requests).toEqual([]);
});

test("a connection that is cut is taken up where it broke off", async () => {
  const cuts = [1000, 30_000];
  hub.fault = ({ path }) => {
    const cutAfter = path.endsWith(".safetensors") ? cuts.shift() : undefined;
    return cutAfter === undefined ? undefined : cutWhenKept(cutAfter);
  };
  const path = await fetched();
  const ranges = hub.requests.filter((each) => each.path.endsWith(".safetensors")).map(({ range }) => range);
  expect(ranges).toEqual([undefined, "bytes=1000-", "bytes=31000-"]);
  expect(await readFile(join(path, "model.safetensors"))).toEqual(await readFile(join(source, "model.safetensors")));
});

test("what a process left is taken up by the next, and thrown away where the hub gives files as a whole only", async () => {
  hub.fault = ({ path }) => (path.endsWith(".safetensors") ? { status: 404 } : undefined);
  await fetched().catch(() => {});
  const { size } = await stat(join(source, "model.safetensors"));
  const blobs = join(folder, `cache-${tests - 1}`, "hub", "someone--tiny", "blobs");
  const content = await readFile(join(source, "model.safetensors"));
  const part = join(blobs, `${createHash("sha256").update(content).digest("hex")}.part`);
  await writeFile(part, content.subarray(0, size - 10));
  hub.fault = () => undefined;
  hub.requests.length = 0;
  await fetched();
  expect(hub.requests.map(({ range }) => range)).toEqual([undefined, `bytes=${size - 10}-`]);
  await rm(dirname(blobs), { recursive: true });
  await mkdir(blobs, { recursive: true });
  await writeFile(part, content.subarray(0, 1000));
  hub.ranges = false;
  expect(await readFile(join(await fetched(), "model.safetensors"))).toEqual(content);
});

test("a server that is overloaded is asked again; one that stays so is said to be", async () => {
  let failures = 3;
  hub.fault = () => (failures-- > 0 ? { status: 503 } : undefined);
  await fetched();
  hub.fault = () => ({ status: 503 });
  expect(await refused("someone/other")).toMatchInlineSnapshot(
    `"DeviceError offline: someone/other: there is no such path here, HUB does not answer (status 503), and the model is not whole in CACHE/hub/someone--other. | Connect and try again (what was fetched is continued), set HF_ENDPOINT to a mirror, or give a directory."`,
  );
});

test("a file that is not what the hub lists is fetched once more, and then not taken", async () => {
  let wrong = 1;
  const other = Buffer.alloc((await stat(join(source, "model.safetensors"))).size, 7);
  hub.fault = ({ path }) => (path.endsWith(".safetensors") && wrong-- > 0 ? { bytes: other } : undefined);
  await fetched();
  await hub.offer("someone/wrong", source);
  wrong = 2;
  expect(await refused("someone/wrong")).toMatchInlineSnapshot(
    `"CheckpointError checksum: model.safetensors: what HUB/someone/wrong/resolve/ccccccccccccccccccccccccccccccccccccccc3/model.safetensors gives is not what the hub lists; expected the hash b54b838409dba75a138a9647fc5bdd94a90dcc469234e44f7eccb64c361f9a0e. | Try again later or without a proxy or mirror in between; nothing of it was kept."`,
  );
  const blobs = join(folder, `cache-${tests - 1}`, "hub", "someone--wrong", "blobs");
  expect((await readdir(blobs)).filter((name) => name.endsWith(".part"))).toEqual([]);
});

test("gated, missing and misnamed models are said to be, with what to do", async () => {
  hub.fault = () => ({ status: 403, code: "GatedRepo" });
  expect(await refused()).toMatchInlineSnapshot(
    `"DataError gated: someone/tiny: HUB does not give this model to everyone. | Look whether the name is right, accept the terms at HUB/someone/tiny, and set HF_TOKEN to a token that may read it."`,
  );
  vi.stubEnv("HF_TOKEN", "hf_secret");
  const withToken = await refused();
  expect(withToken).toContain("does not give this model to this HF_TOKEN");
  expect(withToken).not.toContain("hf_secret");
  vi.stubEnv("HF_TOKEN", "");
  hub.fault = () => undefined;
  expect(await refused("someone/nothing")).toMatchInlineSnapshot(
    `"DataError no-model: someone/nothing: there is no such path here, and no such model at HUB. | Expected a directory, a GGUF file or a hub id such as HuggingFaceTB/SmolLM2-135M-Instruct. A private model needs HF_TOKEN."`,
  );
  expect(await refused("someone/tiny@v9")).toMatchInlineSnapshot(
    `"DataError no-revision: someone/tiny@v9: the model someone/tiny has no revision "v9" at HUB. | undefined"`,
  );
  expect(await refused("someone/tiny/q4.gguf")).toMatchInlineSnapshot(
    `"DataError no-file: someone/tiny: the model has no file q4.gguf. It has no GGUF files. | undefined"`,
  );
  hub.fault = () => ({ status: 200 });
  expect(await refused()).toMatchInlineSnapshot(
    `"DataError not-a-hub: someone/tiny: HUB answers, but not as a model hub does. Expected a commit and its files in JSON. | Look at HF_ENDPOINT."`,
  );
});

test("the token is told to the endpoint and to nobody it leads to", async () => {
  vi.stubEnv("HF_TOKEN", "hf_secret");
  await using other = await HubServer.start();
  await other.offer("someone/tiny", source, { "README.md": "about it", "pytorch_model.bin": "code" });
  hub.elsewhere = other.endpoint;
  await fetched();
  expect(new Set(hub.requests.map(({ authorization }) => authorization))).toEqual(new Set(["Bearer hf_secret"]));
  expect(other.requests).toHaveLength(NEEDED.length);
  expect(new Set(other.requests.map(({ authorization }) => authorization))).toEqual(new Set([undefined]));
});

test("where nobody answers, what was fetched is taken; without it the error says so", async () => {
  const path = await fetched();
  const gone = await HubServer.start();
  const { endpoint } = gone;
  await gone[Symbol.asyncDispose]();
  vi.stubEnv("HF_ENDPOINT", endpoint);
  const events: Event[] = [];
  expect(await fetched("someone/tiny", (event) => events.push(event))).toBe(path);
  expect(events).toEqual([
    {
      type: "warning",
      text: `${endpoint} does not answer (ECONNREFUSED); someone/tiny is taken as it was last fetched.`,
    },
  ]);
  expect((await refused("someone/other")).replaceAll(endpoint, "NOBODY")).toMatchInlineSnapshot(
    `"DeviceError offline: someone/other: there is no such path here, NOBODY does not answer (ECONNREFUSED), and the model is not whole in CACHE/hub/someone--other. | Connect and try again (what was fetched is continued), set HF_ENDPOINT to a mirror, or give a directory."`,
  );
  vi.stubEnv("HF_HUB_OFFLINE", "1");
  expect(await fetched()).toBe(path);
  expect((await refused("someone/other")).replaceAll(endpoint, "NOBODY")).toMatchInlineSnapshot(
    `"DeviceError offline: someone/other: there is no such path here, NOBODY does not answer (HF_HUB_OFFLINE is set), and the model is not whole in CACHE/hub/someone--other. | Connect and try again (what was fetched is continued), set HF_ENDPOINT to a mirror, or give a directory."`,
  );
});

test("weights in shards come by their index, a GGUF file alone or by its name", async () => {
  const directory = join(folder, "shards");
  await mkdir(directory);
  const weights = Object.entries(smallWeights(SMALL_MODEL));
  const halves = [weights.slice(0, 5), weights.slice(5)];
  const names = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"];
  for (const [at, half] of halves.entries())
    await writeSafetensors(join(directory, names[at]), Object.fromEntries(half));
  const map = Object.fromEntries(halves.flatMap((half, at) => half.map(([name]) => [name, names[at]])));
  await writeFile(join(directory, "model.safetensors.index.json"), JSON.stringify({ weight_map: map }));
  await writeFile(join(directory, "config.json"), await readFile(join(source, "config.json")));
  await hub.offer("someone/shards", directory);
  expect((await readdir(await fetched("someone/shards"))).filter((name) => name.startsWith("model-"))).toEqual(names);

  const ggufs = join(folder, "ggufs");
  await mkdir(ggufs);
  await writeModelAsGguf(join(ggufs, "a.gguf"), SMALL_MODEL);
  await hub.offer("someone/one-gguf", ggufs);
  expect(await fetched("someone/one-gguf")).toMatch(/a\.gguf$/);
  await writeModelAsGguf(join(ggufs, "b.gguf"), SMALL_MODEL);
  await hub.offer("someone/ggufs", ggufs);
  expect(await refused("someone/ggufs")).toMatchInlineSnapshot(
    `"DataError several-models: someone/ggufs: the model comes as several GGUF files: a.gguf (0 MB), b.gguf (0 MB). | Name one: someone/ggufs/a.gguf"`,
  );
  hub.taken();
  expect(await fetched("someone/ggufs/b.gguf")).toMatch(/b\.gguf$/);
  expect(hub.taken()).toEqual(["b.gguf"]);
});

test("a model that we cannot read is refused before its weights are fetched", async () => {
  await hub.offer("someone/bert", source, { "config.json": '{"model_type":"bert"}' });
  await expect(fetched("someone/bert")).rejects.toThrow(/bert/);
  expect(hub.taken()).not.toContain("model.safetensors");
  const torch = join(folder, "torch");
  await mkdir(torch);
  await writeFile(join(torch, "pytorch_model.bin"), "code");
  await hub.offer("someone/torch", torch);
  expect(await refused("someone/torch")).toMatchInlineSnapshot(
    `"DataError no-weights: someone/torch: the model has no weights that are read here: neither model.safetensors nor GGUF files. | PyTorch's own files can hold code and are not read: take another revision or a converted copy."`,
  );
});

test("names that lead out of a model's directory are no files of it", async () => {
  await hub.offer("someone/sly", join(folder, "torch"), { "../../sly.gguf": "x" });
  expect(await refused("someone/sly")).toContain("no weights");
});

test("a path here comes before the hub, and what can be no id is left as it is", async () => {
  expect(await locateModel(source)).toBe(source);
  expect(await locateModel("nowhere")).toBe("nowhere");
  const before = process.cwd();
  await mkdir(join(folder, "someone", "tiny"), { recursive: true });
  try {
    process.chdir(folder);
    expect(await locateModel("someone/tiny")).toBe("someone/tiny");
  } finally {
    process.chdir(before);
  }
  expect(hub.requests).toEqual([]);
});

test("who stops it keeps what was fetched, at once even where nothing comes", async () => {
  const stop = new AbortController();
  const content = await readFile(join(source, "model.safetensors"));
  hub.fault = ({ path, range }) => {
    if (!path.endsWith(".safetensors")) return undefined;
    if (range === undefined) return cutWhenKept(1000);
    void setTimeout(20).then(() => stop.abort());
    return { silent: true };
  };
  const stopped = fetchModel(parseHubId("someone/tiny")!, { pause: PAUSE, signal: stop.signal });
  await expect(stopped).rejects.toThrow("interrupted; what was fetched is kept.");
  hub.fault = () => undefined;
  hub.requests.length = 0;
  expect(await readFile(join(await fetched(), "model.safetensors"))).toEqual(content);
  expect(hub.requests.map(({ range }) => range)).toEqual([undefined, "bytes=1000-"]);
});

test("two processes at once fetch each file once", async () => {
  const listings = () => hub.requests.filter(({ path }) => path.startsWith("/api/")).length;
  hub.hold = async () => {
    await vi.waitUntil(() => listings() === 2, { timeout: 30_000 }); // both are here, and one has the lock
    await setTimeout(300);
  };
  const words = [
    "llm",
    "someone/tiny",
    "--prompt",
    "a",
    "--max-tokens",
    "2",
    "--ignore-stop",
    "--threads",
    "1",
    "--json",
  ];
  const [one, two] = await Promise.all([deftrec(words), deftrec(words)]);
  expect([one.stderr, two.stderr].join("\n")).toContain("another process is fetching this model; waiting for it.");
  expect([one.code, two.code]).toEqual([0, 0]);
  expect(JSON.parse(one.stdout).tokens).toEqual(JSON.parse(two.stdout).tokens);
  expect(hub.taken().sort()).toEqual(NEEDED);
});
