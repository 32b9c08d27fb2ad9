import { expect, test } from "vitest";
import { Key } from "#random";
import { alone } from "./alone.ts";
import type { Profile, Ranker } from "./contract.ts";

const disposed: string[] = [];

/** Two experts whose scores say who spoke: a by history, b by ten times that. */
const base: Ranker<number> = {
  experts: { a: "logits", b: "mass" },
  encode: async (profiles) => profiles.map(({ history }) => history[0]),
  score: async (states) => ({ a: Float32Array.from(states), b: Float32Array.from(states, (state) => 10 * state) }),
  [Symbol.asyncDispose]: async () => void disposed.push("base"),
};
const anew: Ranker<string> = {
  base,
  encode: async () => ["read otherwise"],
  score: async () => ({ anew: Float32Array.of(-1) }),
  [Symbol.asyncDispose]: async () => void disposed.push("anew"),
};
const profiles: Profile[] = [{ history: Int32Array.of(7) }];

test("an expert speaks alone, read by the ranker it belongs to", async () => {
  for (const [name, kind, score] of [
    ["a", "logits", 7],
    ["b", "mass", 70],
  ] as const) {
    for (const whole of [base, anew]) {
      const one = alone(whole, name, "run");
      expect(one.experts).toEqual({ [name]: kind });
      const scores = await one.score(await one.encode(profiles, Key.of(1)));
      expect(scores).toEqual({ [name]: Float32Array.of(score) });
    }
  }
});

test("who disposes of an expert disposes of the whole it came from", async () => {
  disposed.length = 0;
  await alone(anew, "a", "run")[Symbol.asyncDispose]();
  expect(disposed).toEqual(["anew"]);
});

test("an unknown expert is answered with the known ones", () => {
  expect(() => alone(anew, "c", "runs/first")).toThrowErrorMatchingInlineSnapshot(
    `[ConfigError: runs/first has no expert "c", did you mean "a"? Its experts: a, b.]`,
  );
  expect(() => alone({ ...base, experts: undefined }, "a", "runs/first")).toThrowErrorMatchingInlineSnapshot(
    `[ConfigError: runs/first has no experts: its model ranks as a whole, and "a" is no part of it.]`,
  );
});
