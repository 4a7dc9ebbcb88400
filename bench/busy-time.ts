/** Wall time during which at least one of some overlapping pieces of work ran. */
export interface BusyTime {
  /** Runs `work` and counts its time. */
  during<T>(work: () => Promise<T>): Promise<T>;
  milliseconds(): number;
}

export function createBusyTime(clock: () => number): BusyTime {
  let running = 0;
  let since = 0;
  let total = 0;
  return {
    async during(work) {
      if (running === 0) since = clock();
      running += 1;
      try {
        return await work();
      } finally {
        running -= 1;
        if (running === 0) total += clock() - since;
      }
    },
    milliseconds: () => total,
  };
}
