import { expect, test } from "vitest";
import { DataError, DeftrecError, InterruptedError } from "#base";
import { packError, unpackError } from "./packed-error.ts";

const acrossThreads = (error: unknown) => unpackError(structuredClone(packError(error)));

test("an error keeps its class, code, file and line across threads", () => {
  const error = new DataError("log.csv line 3: …", {
    code: "bad-time",
    file: "log.csv",
    line: 3,
    field: "time",
    hint: "!",
  });
  const arrived = acrossThreads(error);
  expect(arrived).toBeInstanceOf(DataError);
  expect(arrived).toMatchObject({ message: error.message, code: "bad-time", file: "log.csv", line: 3, field: "time" });
  expect(arrived.stack).toBe(error.stack);
  expect(acrossThreads(new InterruptedError())).toBeInstanceOf(InterruptedError);
});

test("what is not ours stays an ordinary error", () => {
  const arrived = acrossThreads(new TypeError("x is not a function"));
  expect(arrived).not.toBeInstanceOf(DeftrecError);
  expect(arrived.message).toBe("x is not a function");
  expect(acrossThreads("just a word").message).toBe("just a word");
});
