import { expect, it } from "vitest";
import { EnvironmentError, InternalError, Interrupted, UserError } from "../../src/errors.ts";
import { isWorthRetrying } from "../../src/queue/worth-retrying.ts";

it.each([
  ["the machine's, which may pass", new EnvironmentError("a", "b", "c", { retryable: true }), true],
  ["the machine's, which will not", new EnvironmentError("a", "b", "c"), false],
  ["the caller's", new UserError("a", "b", "c"), false],
  ["a bug we know", new InternalError("a"), false],
  ["a stop", new Interrupted(), true],
  ["unforeseen", new TypeError("a"), true],
  ["no error at all", "text", true],
])("%s", (_whose, error, expected) => {
  expect(isWorthRetrying(error)).toBe(expected);
});
