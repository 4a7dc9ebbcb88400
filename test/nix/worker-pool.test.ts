/** Who runs when, and with how much memory: no process is started here. */
import { describe, expect, it } from "vitest";
import { createWorkerPool, type Room } from "../../src/nix/worker-pool.ts";

const GIB = 1024 ** 3;
const signal = new AbortController().signal;
const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

function scene(workers: number, budgetBytes: number) {
  const pool = createWorkerPool(workers);
  const log: string[] = [];
  const ends = new Map<string, () => void>();
  const evaluations = new Map<string, object>();
  /** Enters as a part of the evaluation named by its first letter, and stays until `end` is called. */
  const enter = (name: string, more: Partial<Room> = {}, stop = signal) => {
    const letter = name.slice(0, 1);
    const evaluation = evaluations.get(letter) ?? {};
    evaluations.set(letter, evaluation);
    return pool.use({ budgetBytes, alone: false, evaluation, ...more }, stop, async ({ memoryBytes }) => {
      log.push(`${name} ${memoryBytes / GIB}`);
      await new Promise<void>((ended) => ends.set(name, ended));
    });
  };
  const end = async (name: string) => {
    ends.get(name)?.();
    await settled();
    await settled();
  };
  return { enter, end, log };
}

describe("evaluators at the same time", () => {
  it.each([
    { workers: 2, budget: 8, expected: ["a1 3.25", "a2 3.25"] },
    { workers: 2, budget: 64, expected: ["a1 8", "a2 8"] },
    { workers: 4, budget: 2.5, expected: ["a1 1.25", "a2 1.25"] },
    { workers: 4, budget: 0.25, expected: ["a1 0.25"] },
  ])("$workers at most, of $budget GiB: $expected", async ({ workers, budget, expected }) => {
    const { enter, log } = scene(workers, budget * GIB);
    for (const name of ["a1", "a2", ...(expected.length === workers ? ["a3"] : [])]) void enter(name);
    await settled();

    expect(log).toEqual(expected);
  });

  it("are of the evaluation that has the fewest", async () => {
    const { enter, end, log } = scene(2, 8 * GIB);
    for (const name of ["a1", "a2", "a3", "b1"]) void enter(name);
    await settled();
    await end("a1");
    await end("a2");

    expect(log.map((entry) => entry.slice(0, 2))).toEqual(["a1", "a2", "b1", "a3"]);
  });

  it("are joined by one for which somebody waits, and by no more", async () => {
    const { enter, end, log } = scene(2, 8 * GIB);
    for (const name of ["a1", "a2", "a3"]) void enter(name);
    for (const name of ["b1", "c1"]) void enter(name, { isExtra: true });
    await settled();
    expect(log).toEqual(["a1 3.25", "a2 3.25", "b1 1.5"]);
    await end("b1");
    expect(log.slice(3)).toEqual(["c1 1.5"]);
    await end("a1");

    expect(log.slice(4)).toEqual(["a3 3.25"]);
  });

  it("do not wait for one that runs beyond them", async () => {
    const { enter, log } = scene(2, 8 * GIB);
    for (const name of ["a1", "b1", "a2", "b2"]) void enter(name, { isExtra: name.startsWith("b") });
    await settled();

    expect(log).toEqual(["a1 3.25", "b1 1.5", "a2 3.25"]);
  });

  it("are not joined by anybody where memory is short", async () => {
    const { enter, end, log } = scene(2, 2 * GIB);
    for (const name of ["a1", "a2"]) void enter(name);
    void enter("b1", { isExtra: true });
    await settled();
    expect(log).toEqual(["a1 1", "a2 1"]);
    await end("a2");

    expect(log.slice(2)).toEqual(["b1 1"]);
  });

  it("wait for one that has to be alone, which waits for those that run", async () => {
    const { enter, end, log } = scene(2, 8 * GIB);
    void enter("a1");
    void enter("a2", { alone: true });
    void enter("b1");
    await settled();
    expect(log).toEqual(["a1 3.25"]);
    await end("a1");
    expect(log).toEqual(["a1 3.25", "a2 8"]);
    await end("a2");
    expect(log).toEqual(["a1 3.25", "a2 8", "b1 3.25"]);
  });

  it("do not wait for one that was given up", async () => {
    const { enter, log } = scene(1, GIB);
    const stop = new AbortController();
    void enter("a1");
    const waiting = enter("a2", { alone: true }, stop.signal);
    stop.abort();

    await expect(waiting).rejects.toThrow();
    await expect(enter("a3", {}, stop.signal)).rejects.toThrow();
    expect(log).toEqual(["a1 1"]);
  });

  it("make room again when they fail", async () => {
    const pool = createWorkerPool(1);
    const room = { budgetBytes: GIB, alone: false, evaluation: {} };
    await expect(pool.use(room, signal, () => Promise.reject(new Error("no")))).rejects.toThrow("no");

    expect(await pool.use(room, signal, async () => "yes")).toBe("yes");
  });

  it("heed the smallest of several budgets", async () => {
    const { enter, log } = scene(2, 8 * GIB);
    void enter("a1");
    void enter("b1", { budgetBytes: 2 * GIB });
    await settled();

    expect(log).toEqual(["a1 1", "b1 1"]);
  });
});
