import { expect, test } from "vitest";
import { compile, float32, gradients } from "#tensor";

test("every part of a split carries its gradient back, and an unused part carries zeros", async () => {
  // loss = 2 Σ a + 5 Σ c with x = [a | b | c]: the gradient is 2 on a, 0 on b, 5 on c
  const program = compile(
    "split",
    ({ x }) => {
      const [a, , c] = x.split(1, [1, 2, 1]);
      const [gradient] = gradients(a.sum().mul(2).add(c.sum().mul(5)), [x]);
      return { gradient };
    },
    { runtime: { device: "cpu", threads: 1 } },
  );
  const { gradient } = await program.run({ x: float32([1, 2, 3, 4, 5, 6, 7, 8], [2, 4]) });
  expect([...gradient.data]).toEqual([2, 0, 0, 5, 2, 0, 0, 5]);
});

test("a split of which only the last part is used is differentiated once, through that part", async () => {
  const program = compile("split", ({ x }) => ({ gradient: gradients(x.split(0, [1, 1])[1].mul(3).sum(), [x])[0] }), {
    runtime: { device: "cpu", threads: 1 },
  });
  const { gradient } = await program.run({ x: float32([1, 2, 3, 4], [2, 2]) });
  expect([...gradient.data]).toEqual([0, 0, 3, 3]);
});
