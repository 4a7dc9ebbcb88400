import { expect, it } from "vitest";
import { expectLinear } from "./linear.ts";

const spend = (steps: number) => {
  let sum = 0;
  for (let step = 0; step < steps; step += 1) sum += step % 7;
  return sum;
};

it("passes what is linear, and sees what is quadratic", () => {
  expectLinear((size) => spend(size * 20));
  expect(() => expectLinear((size) => spend((size * size) / 100))).toThrow(/4 times/);
});
