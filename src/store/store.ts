/**
 * The store: everything that has to survive a crash, beside the queue's own jobs. Where work is enqueued it happens in
 * the transaction that stores why, through the outbox the queue hands in.
 */
import type { Outbox, StorePort } from "../workflow/app-ports.ts";
import { createChecks, createStages } from "./checks.ts";
import type { Database } from "./database.ts";
import { createDeliveries } from "./deliveries.ts";
import { createPullRequests } from "./pull-requests.ts";
import { createRetention, type RetentionDays } from "./retention.ts";
import { createWorkers } from "./workers.ts";

export interface StoreOptions {
  /** Checks that do not name a system are for workers of this one. */
  readonly system: string;
  /** How long a silent worker holds a check. Default 45. */
  readonly leaseSeconds?: number;
  /** Default: checks 90, logs 30, deliveries 7. */
  readonly retention?: Partial<RetentionDays>;
}

export type Store = StorePort;

export function createStore({ kysely, urgent }: Database, outbox: Outbox, options: StoreOptions): Store {
  const days = { checks: 90, logs: 30, deliveries: 7, ...options.retention };
  return {
    ...createDeliveries({ db: kysely, urgent }, outbox, days.deliveries),
    ...createChecks(kysely, outbox, { system: options.system, leaseSeconds: options.leaseSeconds ?? 45 }),
    ...createStages(kysely),
    ...createPullRequests(kysely),
    ...createRetention(kysely, days),
    ...createWorkers(kysely),
  };
}
