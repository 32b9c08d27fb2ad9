/** Runs one bench: do both sides compute the same, then who is faster, in turns and by medians. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Arrays, type Runtime, writeSafetensors } from "#tensor";
import type { Bench, Subject } from "./bench.ts";
import { machine } from "./machine.ts";
import { NoPeer, Peer } from "./peer.ts";

/** How the twin is dressed; `peer` is the faster of the eager ones. */
const EAGER = ["plain", "tuned"] as const;

export interface RunOptions {
  readonly threads: number;
  /** Turns each side gets; the bench knows how many it needs. */
  readonly turns?: number;
  readonly say: (line: string) => void;
}

/** One thread count's figures. */
interface Figures {
  readonly ours: number;
  readonly peer: number | null;
  readonly ratio: number | null;
  readonly peerVariant?: string;
  readonly peerCompiled?: number | null;
  /** Every side that was timed: ours and its variants, the twin plain, tuned and compiled. */
  readonly variants: Readonly<Record<string, Spread>>;
  readonly ratios?: Readonly<Record<string, number>>;
  readonly agreement?: Agreement;
  readonly notes: Readonly<Record<string, number | string>>;
  readonly peerIs?: string;
  readonly reason?: string;
}

interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
  /** Median of the processors' time: what it costs on a busy machine too. */
  readonly processor: number;
  readonly samples: number;
}

interface Agreement {
  readonly steps: number;
  readonly worst: number;
  readonly ours: readonly number[];
  readonly peer: readonly number[];
}

/** What `--json` prints. */
export interface Report {
  readonly name: string;
  readonly unit: string;
  readonly ours: number;
  readonly peer: number | null;
  readonly ratio: number | null;
  readonly threads: number;
  readonly machine: string;
  readonly [more: string]: unknown;
}

/** Runs `bench` at the threads asked for and, where those are more than one, at one. */
export async function runBench(bench: Bench, options: RunOptions): Promise<Report> {
  const folder = await mkdtemp(join(tmpdir(), "deftrec-bench-"));
  try {
    options.say(`${bench.name}: ${bench.workload}`);
    const arrays = await bench.arrays();
    const file = join(folder, "arrays.safetensors");
    await writeSafetensors(file, arrays);
    const { name, unit, workload } = bench;
    const { threads } = options;
    const { peerIs, ours, peer, ratio, reason, ...more } = await figuresAt(bench, { arrays, file, ...options });
    const fewer = { arrays, file, ...options, threads: 1, turns: Math.ceil((options.turns ?? bench.turns) / 2) };
    const oneThread = threads > 1 ? await figuresAt(bench, fewer) : undefined;
    const on = await machine(peerIs);
    const best = oneThread === undefined ? undefined : bestOf([{ ours, peer }, oneThread]);
    return { name, unit, ours, peer, reason, ratio, threads, machine: on, workload, best, ...more, oneThread };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What both sides start from, in memory and as a file. */
interface Given extends RunOptions {
  readonly arrays: Arrays;
  readonly file: string;
}

async function figuresAt(bench: Bench, options: Given): Promise<Figures> {
  const { arrays, file, threads } = options;
  const setup = { runtime: { device: "cpu", threads } as const, comparing: false };
  const opened: AsyncDisposable[] = [];
  try {
    const started = await startPeer(bench, threads);
    const notes: Record<string, number | string> = {};
    const subjects = new Map<string, Subject>();
    let agreement: Agreement | undefined;
    if ("reason" in started) options.say(`no peer: ${started.reason}`);
    else {
      opened.push(started.peer);
      agreement = await compare(bench, arrays, file, setup.runtime, started.peer);
      options.say(
        `${threads} threads: values agree to ${agreement.worst.toExponential(1)} over ${agreement.steps} steps`,
      );
    }
    for (const [name, open] of Object.entries({ ours: bench.ours, ...bench.others })) {
      const side = await open(arrays, setup);
      opened.push(side);
      await side.run(bench.warmUp);
      subjects.set(name, side);
    }
    if ("peer" in started) await openTwins(bench, started.peer, file, subjects, notes);
    const variants = await alternate(subjects, bench, options);
    for (const [name, side] of subjects) {
      for (const [figure, value] of Object.entries(side.figures?.() ?? {})) notes[`${name} ${figure}`] = value;
    }
    return { ...summary(variants, bench), agreement, notes, ...identity(started) };
  } finally {
    for (const one of opened.reverse()) await one[Symbol.asyncDispose]();
  }
}

type Started = Awaited<ReturnType<typeof Peer.start>> | { readonly reason: string };

async function startPeer(bench: Bench, threads: number): Promise<Started> {
  try {
    return await Peer.start(bench.name, threads, bench.twin);
  } catch (cause) {
    if (cause instanceof NoPeer) return { reason: cause.message };
    throw cause;
  }
}

function identity(started: Started): { peerIs?: string; reason?: string } {
  if ("reason" in started) return { reason: started.reason };
  return { peerIs: `${started.about.peer} (${started.about.capability})` };
}

/** Steps from the same weights on the same batches: losses must agree, else whatever was timed was not the same work. */
async function compare(bench: Bench, arrays: Arrays, file: string, runtime: Runtime, peer: Peer): Promise<Agreement> {
  await using ours = await bench.ours(arrays, { runtime, comparing: true });
  const mine = (await ours.run(bench.compared)).values;
  const pairs: number[] = [];
  let theirs: readonly number[] = [];
  for (const variant of EAGER) {
    await using twin = await peer.open("comparing", file, { ...bench.peerOptions(true), variant });
    theirs = (await twin.run(bench.compared)).values;
    pairs.push(...mine.map((value, step) => Math.abs(value - theirs[step]) / Math.max(1, Math.abs(theirs[step]))));
  }
  const worst = Math.max(...pairs);
  if (!(worst <= bench.tolerance)) {
    throw new Error(
      `bench ${bench.name}: the two sides do not compute the same: losses differ by ${worst}, more than ${bench.tolerance}.\n` +
        `ours ${mine.join(", ")}\npeer ${theirs.join(", ")}`,
    );
  }
  return { steps: bench.compared, worst, ours: mine, peer: theirs };
}

/** Opens every dress of the twin that runs here; of the others `notes` says why not. */
async function openTwins(
  bench: Bench,
  peer: Peer,
  file: string,
  subjects: Map<string, Subject>,
  notes: Record<string, number | string>,
): Promise<void> {
  for (const variant of [...EAGER, ...(bench.compiles ? ["compiled"] : [])]) {
    const compiled = variant === "compiled";
    try {
      const options = { ...bench.peerOptions(false), variant: compiled ? "tuned" : variant, compiled };
      const twin = await peer.open(variant, file, options);
      const [first] = (await twin.run(1)).milliseconds; // torch.compile compiles at the first step, and fails there
      if (compiled) notes["compiled firstStepSeconds"] = first / 1000;
      await twin.run(bench.warmUp - 1);
      subjects.set(variant, twin);
    } catch (cause) {
      if (!(cause instanceof NoPeer)) throw cause;
      notes[`${variant} fails`] = cause.message;
    }
  }
}

async function alternate(subjects: ReadonlyMap<string, Subject>, bench: Bench, options: RunOptions) {
  const samples = new Map(
    [...subjects.keys()].map((name) => [name, { wall: [] as number[], processor: [] as number[] }]),
  );
  const turns = options.turns ?? bench.turns;
  for (let turn = 0; turn < turns; turn++) {
    options.say(`turn ${turn + 1} of ${turns}`);
    for (const [name, side] of subjects) {
      const { milliseconds, processor } = await side.run(bench.turn);
      samples.get(name)?.wall.push(...milliseconds);
      samples.get(name)?.processor.push(...processor);
    }
  }
  const scale = bench.unit === "s" ? 1000 : 1;
  const spreads = [...samples].map(([name, { wall, processor }]): [string, Spread] => {
    const times = wall.map((time) => time / scale);
    const [least, most] = [Math.min(...times), Math.max(...times)];
    return [name, { median: median(times), least, most, processor: median(processor) / scale, samples: times.length }];
  });
  return Object.fromEntries(spreads);
}

/** Each side at its best number of threads: the fair question where one of them gains nothing by a second. */
function bestOf(figures: readonly Pick<Figures, "ours" | "peer">[]) {
  const ours = Math.min(...figures.map((each) => each.ours));
  const peers = figures.map(({ peer }) => peer).filter((peer) => peer !== null);
  const peer = peers.length === 0 ? null : Math.min(...peers);
  return { ours, peer, ratio: peer === null ? null : ours / peer };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

function summary(variants: Readonly<Record<string, Spread>>, bench: Bench) {
  const ours = variants.ours.median;
  const [fastest] = EAGER.filter((name) => name in variants).sort((a, b) => variants[a].median - variants[b].median);
  if (fastest === undefined) return { ours, peer: null, ratio: null, variants };
  const peer = variants[fastest].median;
  const ratios = Object.keys(variants).map((name) => [name, variants[name].median / peer]);
  return {
    ours,
    peer,
    ratio: ours / peer,
    peerVariant: fastest,
    ...(bench.compiles ? { peerCompiled: variants.compiled?.median ?? null } : {}),
    variants,
    /** Every variant's time over the peer's. */
    ratios: Object.fromEntries(ratios),
  };
}
