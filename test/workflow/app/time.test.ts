import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { CheckRecord } from "../../../src/domain/check-record.ts";
import { Interrupted } from "../../../src/errors.ts";
import type { AppWorld } from "../../../src/workflow/app/app-world.ts";
import { holdLease } from "../../../src/workflow/app/hold-lease.ts";
import { oneAtATime } from "../../../src/workflow/app/one-at-a-time.ts";
import { createProgress } from "../../../src/workflow/app/progress.ts";
import type { Publisher } from "../../../src/workflow/app/publisher.ts";
import { checkResult } from "../../harness/results.ts";

const silent = { info() {}, warn() {}, error() {}, child: () => silent };

function world(store: Partial<AppWorld["store"]>): AppWorld {
  return { store, worker: "w", clock: () => Date.now(), log: silent } as unknown as AppWorld;
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("a lease", () => {
  it("beats every ten seconds, and is given back", async () => {
    const heartbeat = vi.fn(async () => true);
    const release = vi.fn(async () => {});
    {
      await using lease = await holdLease("1", world({ heartbeat, release }), new AbortController().signal);
      await vi.advanceTimersByTimeAsync(35_000);
      expect(heartbeat).toHaveBeenCalledTimes(4);
      expect(lease?.signal.aborted).toBe(false);
    }
    expect(release).toHaveBeenCalledWith("1", "w");
    await vi.advanceTimersByTimeAsync(35_000);
    expect(heartbeat).toHaveBeenCalledTimes(4);
  });

  it("that is lost ends the work", async () => {
    const heartbeat = vi.fn(async () => true);
    const lease = await holdLease("1", world({ heartbeat }), new AbortController().signal);
    heartbeat.mockResolvedValue(false);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(lease?.signal.reason).toBeInstanceOf(Interrupted);
  });

  it("outlives a store that is away for a moment, not one that is away for good", async () => {
    const heartbeat = vi.fn(async () => true);
    const lease = await holdLease("1", world({ heartbeat }), new AbortController().signal);
    heartbeat.mockRejectedValue(new Error("connection refused"));
    await vi.advanceTimersByTimeAsync(40_000);
    expect(lease?.signal.aborted).toBe(false);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(lease?.signal.aborted).toBe(true);
  });

  it("of another worker is waited for, unless the check ends or we are told to stop", async () => {
    const heartbeat = vi.fn(async () => false);
    const readCheck = vi.fn(async () => ({ state: "running" }) as CheckRecord);
    const waiting = holdLease("1", world({ heartbeat, readCheck }), new AbortController().signal);
    await vi.advanceTimersByTimeAsync(20_000);
    heartbeat.mockResolvedValue(true);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(await waiting).toBeDefined();

    heartbeat.mockResolvedValue(false);
    readCheck.mockResolvedValue({ state: "superseded" } as CheckRecord);
    expect(
      await holdLease("1", world({ heartbeat, readCheck }), new AbortController().signal),
    ).toBeUndefined();
  });
});

describe("progress", () => {
  function progress() {
    const shown: number[] = [];
    const record = { id: "1", state: "running" } as CheckRecord;
    const store = { readCheck: async () => record, updateCheck: async () => {} };
    const publisher: Publisher = {
      tell: async () => false,
      showCheckRun: async () => {},
      async show() {
        shown.push(Date.now());
        return false;
      },
    };
    const controller = new AbortController();
    return {
      shown,
      record,
      controller,
      made: createProgress(record, world(store), publisher, async () => {}, controller.signal),
    };
  }

  it("is told at once and then every fifteen seconds at most, and not at all while nothing happens", async () => {
    const { shown, made } = progress();
    const start = Date.now();
    for (let second = 0; second < 60; second += 1) {
      made.onResult(checkResult());
      made.onStage("build", "done");
      await vi.advanceTimersByTimeAsync(1_000);
    }
    await vi.advanceTimersByTimeAsync(60_000);
    const gaps = shown.slice(1).map((time, index) => time - (shown[index] ?? 0));

    expect(shown[0]).toBe(start);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(15_000);
    expect(shown.length).toBeGreaterThanOrEqual(5);
    expect(shown.length).toBeLessThanOrEqual(6);
    await made.stop();
  });

  it("says nothing after it was stopped, or when the check is not running any more", async () => {
    const { shown, made, record } = progress();
    await vi.advanceTimersByTimeAsync(0);
    Object.assign(record, { state: "superseded" });
    made.onResult(checkResult());
    await vi.advanceTimersByTimeAsync(20_000);
    expect(shown).toHaveLength(1);
    await made.stop();
    made.onResult(checkResult());
    await vi.advanceTimersByTimeAsync(20_000);
    expect(shown).toHaveLength(1);
  });
});

it("one at a time goes by key, in order, and past failures", async () => {
  const turns = oneAtATime();
  const log: string[] = [];
  const work = (name: string, ms: number) => async () => {
    log.push(`${name} begins`);
    await new Promise((resolve) => setTimeout(resolve, ms));
    log.push(`${name} ends`);
    if (name === "b") throw new Error("b");
  };
  const all = Promise.allSettled([
    turns("x", work("a", 20)),
    turns("x", work("b", 10)),
    turns("x", work("c", 5)),
    turns("y", work("d", 1)),
  ]);
  await vi.advanceTimersByTimeAsync(100);
  await all;
  expect(log).toEqual([
    "a begins",
    "d begins",
    "d ends",
    "a ends",
    "b begins",
    "b ends",
    "c begins",
    "c ends",
  ]);
});
