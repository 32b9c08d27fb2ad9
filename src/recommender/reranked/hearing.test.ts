import { expect, test } from "vitest";
import { Histories } from "#data";
import { Key, Stream } from "#random";
import { addDecayedRows } from "#retrieval";
import { SparseMatrix } from "#tensor";
import type { Ranker } from "../contract.ts";
import { candidatesFor, readTwice } from "./examples.ts";
import { Hearing, heardAtOnce } from "./hearing.ts";
import { statisticsOf } from "./statistics.ts";

const COLUMNS = 301;
const stream = new Stream(Key.of(8).fold("hearing"));
const kernel = new SparseMatrix(
  COLUMNS,
  COLUMNS,
  Int32Array.from({ length: COLUMNS + 1 }, (_, row) => 12 * Math.max(0, row - 1)),
  Int32Array.from({ length: 12 * (COLUMNS - 1) }, () => 1 + stream.below(COLUMNS - 1)),
  Float32Array.from({ length: 12 * (COLUMNS - 1) }, () => stream.uniform()),
);
const kinds = { net: "logits", near: "mass", far: "mass" } as const;
const decays = { near: 0.5, far: 0.9 };
const histories = Array.from({ length: 9 }, () =>
  Int32Array.from({ length: 1 + stream.below(6) }, () => 1 + stream.below(COLUMNS - 1)),
);

/** All scores in tables, as a ranker has to give them. */
const plain: Ranker<Int32Array> = {
  experts: kinds,
  encode: async (profiles) => profiles.map(({ history }) => history),
  score: async (states) => {
    const summed = (decay: number) => {
      const scores = new Float32Array(states.length * COLUMNS);
      states.forEach((history, row) => {
        addDecayedRows(kernel, history, decay, scores, row * COLUMNS);
      });
      return scores;
    };
    const net = Float32Array.from({ length: states.length * COLUMNS }, (_, at) => {
      const history = states[Math.floor(at / COLUMNS)];
      return 3 * Math.sin(history[history.length - 1] * (at % COLUMNS));
    });
    return { net, near: summed(decays.near), far: summed(decays.far) };
  },
  [Symbol.asyncDispose]: async () => {},
};
const asked: string[][] = [];
/** The same, with masses told row by row. */
const sparse: Ranker<Int32Array> = {
  ...plain,
  score: async (states, items, only) => {
    asked.push([...(only ?? [])]);
    const { net } = await plain.score(states, items);
    return { net };
  },
  sparse: {
    names: ["near", "far"],
    add: (name, history, row) => row.addDecayed(kernel, history, name === "near" ? decays.near : decays.far),
  },
};

test("candidates and features are the same to the last bit, whether masses come as tables or row by row", async () => {
  const statistics = statisticsOf(Histories.from(histories.map((history) => [...history])), COLUMNS - 1);
  const prior = Float32Array.from({ length: COLUMNS }, () => 1 + stream.uniform());
  const mixture = { weights: { net: 0.2, near: 0.5, far: 0.3 }, prior };
  const options = { kinds, brief: ["far"], statistics, mixture, count: 20 };
  const found = async (ranker: Ranker<Int32Array>) => {
    const any = ranker as Ranker; // as: its own states come back to it
    return candidatesFor(any, await readTwice(any, histories, Key.of(1)), options);
  };
  expect(await found(sparse)).toEqual(await found(plain));
  expect(asked).toEqual([["net"], ["net"]]); // by the whole history and by its newest item
});

test("who is asked about fewer experts is asked about more users at once, and nobody scores what was not asked for", async () => {
  const million = 1_000_000;
  expect(heardAtOnce(plain as Ranker, ["near", "far"], million)).toBe(8); // as: as above; 64 MB of 2 × 10⁶ floats
  expect(heardAtOnce(sparse as Ranker, ["near", "far", "net"], million)).toBe(16);
  asked.length = 0;
  const heard = await new Hearing(sparse as Ranker, ["near"], COLUMNS).of(histories);
  expect(Object.keys(heard(0))).toEqual(["near"]);
  expect(asked).toEqual([]);
});
