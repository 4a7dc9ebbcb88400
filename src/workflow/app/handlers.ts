/** The App's story, joined: what the queue calls for each kind of job. */
import type { QueueHandlers } from "../app-ports.ts";
import type { AppWorld } from "./app-world.ts";
import { giveUpDelivery, handleDelivery } from "./handle-delivery.ts";
import { createLooker } from "./look-at.ts";
import { oneAtATime } from "./one-at-a-time.ts";
import { createPublisher, isRefused } from "./publisher.ts";
import { reconcile } from "./reconcile.ts";
import { runCheck } from "./run-check.ts";

export function createHandlers(world: AppWorld): Required<QueueHandlers> {
  const publisher = createPublisher(world);
  const looker = createLooker(world, publisher);
  const partsFor = (data: object) => ({ world: { ...world, log: world.log.child(data) }, publisher, looker });
  // A check that is queued again while its last job is still ending belongs to the same worker, lease and all.
  const turns = oneAtATime();

  return {
    delivery: (guid, signal) => handleDelivery(guid, partsFor({ delivery: guid }), signal),
    check: (id, signal) => turns(id, () => runCheck(id, partsFor({ check: id }), signal)),
    reconcile: (signal) => reconcile(partsFor({}), signal),
    async gaveUp(what, id, reason, signal) {
      if (what === "delivery") return giveUpDelivery(id, reason, partsFor({ delivery: id }), signal);
      await world.store.moveCheck(id, "failed", reason);
      try {
        await publisher.tell(id, "for-good", signal);
      } catch (error) {
        if (!isRefused(error)) throw error;
        world.log.warn({ err: error, check: id }, "GitHub does not take it; still owed");
      }
    },
  };
}
