import { MessageChannel, type MessagePort } from "node:worker_threads";
import { describe, expect, it, onTestFinished } from "vitest";
import { type Channel, startCalls } from "../src/calls.ts";
import { EnvironmentError, Interrupted, UserError } from "../src/errors.ts";

interface Methods {
  double(n: number): Promise<number>;
  fail(code: string): Promise<never>;
  wait(argument: null, signal: AbortSignal): Promise<string>;
  note(text: string): void;
}

/** Two sides, and the end of the second as the first one sees it. */
function pair() {
  const { port1, port2 } = new MessageChannel();
  onTestFinished(() => port1.close());
  const notes: string[] = [];
  const stopped: unknown[] = [];
  const served: Methods = {
    double: async (n) => n * 2,
    async fail(code) {
      throw new UserError(code, "wrong", "Do otherwise.");
    },
    wait: (_, signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => {
          stopped.push(signal.reason);
          reject(new Interrupted());
        });
      }),
    note: (text) => void notes.push(text),
  };
  const other = startCalls(channelOf(port2), { ...served });
  return { calls: startCalls<Methods>(channelOf(port1), {}), other, port1, port2, notes, stopped };
}

function channelOf(port: MessagePort): Channel {
  return {
    post: (message) => port.postMessage(message),
    listen(onMessage, onClosed) {
      port.on("message", onMessage);
      port.on("close", () => onClosed(new EnvironmentError("gone", "it died", "", { retryable: true })));
    },
  };
}

describe("calls", () => {
  it("end with what was returned, each with its own", async () => {
    const { calls } = pair();

    expect(await Promise.all([1, 2, 3].map((n) => calls.call("double", n)))).toEqual([2, 4, 6]);
  });

  it("end with what was thrown, of its class", async () => {
    const { calls } = pair();

    const thrown: unknown = await calls.call("fail", "some-code").catch((error: unknown) => error);

    expect(thrown).toBeInstanceOf(UserError);
    expect(thrown).toMatchObject({ code: "some-code", details: "Do otherwise." });
  });

  it("keep their order, also what is only told", async () => {
    const { calls, notes } = pair();

    calls.tell("note", "first");
    calls.tell("note", "second");
    await calls.call("double", 1);

    expect(notes).toEqual(["first", "second"]);
  });

  it("are interrupted on the other side when aborted, and end once that has ended", async () => {
    const { calls, stopped } = pair();
    const controller = new AbortController();
    const waiting = calls.call("wait", null, controller.signal);

    controller.abort();

    await expect(waiting).rejects.toBeInstanceOf(Interrupted);
    expect(stopped).toHaveLength(1);
  });

  it("are not begun when aborted before", async () => {
    const { calls, notes } = pair();

    await expect(calls.call("note", "x", AbortSignal.abort())).rejects.toBeInstanceOf(Interrupted);
    await calls.call("double", 1);
    expect(notes).toEqual([]);
  });

  it("end with the reason when the other side dies, also later ones", async () => {
    const { calls, port2 } = pair();
    const waiting = calls.call("wait", null);

    port2.close();

    await expect(waiting).rejects.toMatchObject({ code: "gone", retryable: true });
    await expect(calls.call("double", 1)).rejects.toMatchObject({ code: "gone" });
    await calls.closed;
  });

  it("that were aborted end as interrupted when the other side is then ended", async () => {
    const { calls, port1 } = pair();
    const controller = new AbortController();
    const waiting = calls.call("wait", null, controller.signal);

    // Both at once: the other side has no time to answer.
    controller.abort();
    port1.close();

    await expect(waiting).rejects.toBeInstanceOf(Interrupted);
  });

  it("stop what they asked for when who asked is gone", async () => {
    const { calls, other, port1, stopped } = pair();
    const waiting = calls.call("wait", null).catch(() => undefined);
    await calls.call("double", 1);

    port1.close();
    await Promise.all([other.closed, waiting]);

    expect(stopped).toHaveLength(1);
  });

  it.each([
    null,
    7,
    {},
    { kind: "call" },
    { kind: "call", id: "1", name: "double" },
    { kind: "returned", id: 99, value: 1 },
    { kind: "threw", id: 1, error: null },
    { kind: "abort", id: 99 },
  ])("do not mind a message of another shape: %j", async (message) => {
    const { calls, port1, port2 } = pair();

    port1.postMessage(message);
    port2.postMessage(message);

    expect(await calls.call("double", 4)).toBe(8);
  });

  it.each(["toString", "constructor", "nothing"])(
    "go to what is served only, and not to %s",
    async (name) => {
      const { calls } = pair();

      await expect(calls.call(name as "double", 1)).rejects.toMatchObject({ name: "InternalError" });
    },
  );
});
