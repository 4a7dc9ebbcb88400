/**
 * Says that this worker lives and what it builds for; and, where webhooks are received, tells the operator of checks that
 * wait for a system nobody builds for.
 */

import type { AppLog } from "../../workflow/app/app-world.ts";
import type { StorePort } from "../../workflow/app-ports.ts";

export interface AnnounceOptions {
  readonly store: Pick<StorePort, "announce" | "unservedSystems">;
  readonly worker: string;
  /** None: this process takes no checks. */
  readonly systems: readonly string[];
  readonly watches: boolean;
  readonly log: Pick<AppLog, "warn">;
}

/** `store/workers.ts` waits for three. */
const EVERY_MS = 30_000;

export async function startAnnouncing(options: AnnounceOptions): Promise<Disposable> {
  const { store, worker, systems, watches, log } = options;
  let told = "";
  const watch = async () => {
    const unserved = await store.unservedSystems();
    const now = unserved.map(({ system }) => system).join(" ");
    if (now !== told && now !== "")
      log.warn({ unserved }, "checks wait for a system that no worker builds for");
    told = now;
  };
  const announce = async () => {
    try {
      if (systems.length > 0) await store.announce(worker, systems);
      if (watches) await watch();
    } catch (error) {
      log.warn({ err: error }, "cannot tell the database which workers there are");
    }
  };
  await announce();
  const timer = setInterval(() => void announce(), EVERY_MS);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
