/**
 * Moments on demand: what a test does when a request of a kind arrives, or when it was done and is not answered yet.
 * One that never came fails the test, as an unused fault does.
 */

export type Moment = "arrives" | "is done";

export interface Moments {
  /** Once. The request waits until `act` has ended. `operation`: as in `faults.ts`. */
  when(operation: string, moment: Moment, act: () => Promise<void> | void): void;
  meet(operation: string, moment: Moment): Promise<void>;
  unmet(): readonly string[];
}

export function createMoments(): Moments {
  const planned: { operation: string; moment: Moment; act: () => Promise<void> | void }[] = [];
  return {
    when(operation, moment, act) {
      planned.push({ operation, moment, act });
    },
    async meet(operation, moment) {
      const index = planned.findIndex((plan) => plan.operation === operation && plan.moment === moment);
      if (index !== -1) await planned.splice(index, 1)[0]?.act();
    },
    unmet: () => planned.map(({ operation, moment }) => `no request for ${operation} that ${moment}`),
  };
}
