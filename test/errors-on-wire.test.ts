import { describe, expect, it } from "vitest";
import { EnvironmentError, InternalError, Interrupted, UserError } from "../src/errors.ts";
import { fromWire, toWire } from "../src/errors-on-wire.ts";

/** As a message to another process arrives. */
const sent = (error: unknown) => fromWire(structuredClone(toWire(error)));

describe("an error between processes", () => {
  it.each([
    new UserError("attr-unknown", "no such attr", "Name another."),
    new EnvironmentError("disk-full", "full", "Free some.", { retryable: true }),
    new EnvironmentError("nix-missing", "no Nix", "Install it."),
    new Interrupted("told to stop"),
    new InternalError("a bug"),
  ])("keeps its class and all it says: $name $message", (error) => {
    const arrived = sent(error);

    expect(arrived).toBeInstanceOf(error.constructor);
    expect({ ...arrived, message: arrived.message, stack: arrived.stack }).toEqual({
      ...error,
      message: error.message,
      stack: error.stack,
    });
  });

  it("of somebody else keeps name, message and code", () => {
    const arrived = sent(Object.assign(new TypeError("duplicate key"), { code: "23505" }));

    expect(arrived).toMatchObject({ name: "TypeError", message: "duplicate key", code: "23505" });
  });

  it("brings its causes, also where they are a ring", () => {
    const ring = new Error("outer");
    ring.cause = new EnvironmentError("x", "inner", "", { cause: ring });

    expect(sent(ring).cause).toBeInstanceOf(EnvironmentError);
  });

  it("may be anything that was thrown", () => {
    expect(sent("a word").message).toBe("a word");
    expect(sent(undefined).message).toBe("undefined");
  });
});
