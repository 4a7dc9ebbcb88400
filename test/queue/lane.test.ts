import { expect, it } from "vitest";
import { startLane } from "../../src/queue/lane.ts";
import { eventually } from "../harness/work.ts";

/** A lane over a list of jobs, each of which ends when it is told to. */
function laneOver(jobs: number[], concurrency: number) {
  const running = new Map<number, () => void>();
  const errors: unknown[] = [];
  let failNext = false;
  const lane = startLane({
    concurrency,
    pollMs: 5,
    onError: (error) => errors.push(error),
    async take() {
      if (failNext) {
        failNext = false;
        throw new Error("the database was away");
      }
      const job = jobs.shift();
      if (job === undefined) return undefined;
      return () =>
        new Promise<void>((resolve) => running.set(job, resolve)).finally(() => running.delete(job));
    },
  });
  return { lane, running, errors, fail: () => (failNext = true) };
}

it("takes as many as it has room for, and another one when one ends", async () => {
  const { lane, running } = laneOver([1, 2, 3], 2);
  await eventually(() => running.size === 2);
  expect([...running.keys()]).toEqual([1, 2]);

  running.get(1)?.();

  await eventually(() => running.has(3));
  await lane.stop();
  for (const end of running.values()) end();
  await lane.idle();
});

it("takes none once it is stopped, and ends when those it has do", async () => {
  const jobs = [1, 2];
  const { lane, running } = laneOver(jobs, 1);
  await eventually(() => running.size === 1);

  await lane.stop();
  running.get(1)?.();
  await lane.idle();

  expect(jobs).toEqual([2]);
});

it("goes on after it could not look", async () => {
  const jobs: number[] = [];
  const { lane, running, errors, fail } = laneOver(jobs, 1);
  fail();
  await eventually(() => errors.length === 1);

  jobs.push(1);

  await eventually(() => running.size === 1);
  await lane.stop();
  running.get(1)?.();
});
