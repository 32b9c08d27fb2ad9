import { expect, test } from "vitest";
import { TextStream } from "./text-stream.ts";

/** Tokens are bytes. */
const decode = (ids: readonly number[]) => new TextDecoder().decode(Uint8Array.from(ids));

test("characters of several tokens are given out when they are whole", () => {
  const stream = new TextStream(decode);
  const pieces = [...new TextEncoder().encode("aé猫🎮!")].map((byte) => stream.add([byte]));
  expect(pieces).toEqual(["a", "", "é", "", "", "猫", "", "", "", "🎮", "!"]);
  expect(stream.end()).toBe("");
});

test("what never became whole is given out at the end as it is", () => {
  const stream = new TextStream(decode);
  expect(stream.add([0x61])).toBe("a");
  expect(stream.add([0xe7])).toBe("");
  expect(stream.end()).toBe("\ufffd");
});
