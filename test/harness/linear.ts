/** Work that grows with its input and no faster: by processor time of small against large, never by the clock. */
import { expect } from "vitest";

/** Below this a measurement is noise. */
const LEAST_MICROSECONDS = 15_000;
/** What is below that for so many characters cannot hurt, however it grows. */
const LARGEST = 1_000_000;
/** Four times the input costs 4 times as much when linear, 16 times when quadratic. */
const FACTOR = 4;
const MOST_RATIO = 13;

/** @param work does the work for an input of about `size` characters; input made inside is counted with it. */
export function expectLinear(work: (size: number) => void, size = 20_000): void {
  for (let at = size; at * FACTOR <= LARGEST; at *= 2) {
    const small = cost(work, at);
    if (small < LEAST_MICROSECONDS) continue;
    const ratio = cost(work, at * FACTOR) / small;
    expect(ratio, `${FACTOR} times ${at} characters`).toBeLessThan(MOST_RATIO);
    return;
  }
  expect(cost(work, LARGEST)).toBeLessThan(LEAST_MICROSECONDS * MOST_RATIO);
}

/** The least of three, in microseconds of this process. */
function cost(work: (size: number) => void, size: number): number {
  const runs = [1, 2, 3].map(() => {
    const before = process.cpuUsage();
    work(size);
    return process.cpuUsage(before).user;
  });
  return Math.min(...runs);
}
