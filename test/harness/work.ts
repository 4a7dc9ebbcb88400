/** Store and queue joined as the App joins them, and the words the tests about them share. */

import { openQueue, type Queue, type QueueSettings } from "../../src/queue/queue.ts";
import { type Database, type DatabasePlace, openDatabase } from "../../src/store/database.ts";
import { createStore, type Store, type StoreOptions } from "../../src/store/store.ts";
import type { Delivery, NewCheck, Outbox, QueueHandlers } from "../../src/workflow/app-ports.ts";

export const SYSTEM = "x86_64-linux";

export interface Work extends AsyncDisposable {
  readonly database: Database;
  readonly store: Store;
  readonly queue: Queue;
  /** What `onError` was told. */
  readonly errors: unknown[];
}

export async function openWork(
  place: DatabasePlace,
  options: { readonly store?: Partial<StoreOptions>; readonly queue?: Partial<QueueSettings> } = {},
): Promise<Work> {
  const database = await openDatabase(place);
  const errors: unknown[] = [];
  const queue = await openQueue({
    access: database.access,
    systems: [SYSTEM],
    onError: (error) => errors.push(error),
    heartbeatMs: 200,
    pollMs: 100,
    ...options.queue,
  });
  return {
    database,
    queue,
    errors,
    store: createStore(database, queue.outbox, { system: SYSTEM, ...options.store }),
    async [Symbol.asyncDispose]() {
      await queue.drain(0);
      await database[Symbol.asyncDispose]();
    },
  };
}

/** An outbox that only remembers, for tests of the store alone. */
export function recordingOutbox(): Outbox & { readonly sent: string[] } {
  const sent: string[] = [];
  return {
    sent,
    deliveries: async (guids) => void sent.push(...guids.map((guid) => `delivery ${guid}`)),
    check: async (id, system) => void sent.push(`check ${id} for ${system}`),
    cancelCheck: async (id) => void sent.push(`cancel ${id}`),
  };
}

export function handlers(some: Partial<QueueHandlers>): QueueHandlers {
  return {
    delivery: async () => undefined,
    check: async () => undefined,
    reconcile: async () => undefined,
    ...some,
  };
}

let count = 0;

export function aDelivery(some: Partial<Delivery> = {}): Delivery {
  const unique = `${++count}`;
  return {
    guid: `guid-${unique}`,
    event: "pull_request",
    bodySha256: unique.padStart(64, "0"),
    payload: { unique },
    ...some,
  };
}

export function aCheck(some: Partial<NewCheck> = {}): NewCheck {
  return {
    owner: "octo",
    name: "kernels",
    number: 7,
    installationId: 11,
    repositoryId: 5_000_000_000,
    headSha: "a".repeat(40),
    scope: { kind: "everything" },
    requestedBy: "ada",
    approved: false,
    ...some,
  };
}

/** Resolves once `hasHappened`, and fails after the time. */
export async function eventually(hasHappened: () => boolean | Promise<boolean>, ms = 10_000): Promise<void> {
  const end = performance.now() + ms;
  while (!(await hasHappened())) {
    if (performance.now() > end) throw new Error(`did not happen within ${ms} ms: ${hasHappened}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
