/** The vocabulary about the App's installation and its webhooks. */
import { installationId, type Owner } from "./cast.ts";
import { type Delivery, isMade } from "./deliveries.ts";
import type { Stage } from "./stage.ts";
import { type Wait, waitFor } from "./waits.ts";
import type { Installation } from "./world.ts";

export interface AppStory {
  /** On all repositories of an owner. Returns the installation's id. */
  installApp(owner?: Owner): Promise<number>;
  uninstallApp(owner?: Owner): Promise<void>;
  suspendInstallation(owner?: Owner): Promise<void>;
  unsuspendInstallation(owner?: Owner): Promise<void>;
  /** Every token given out so far is refused from now on. */
  expireTokens(): void;
  deliveries(): readonly Delivery[];
  /** The same delivery once more, under the same GUID. */
  deliver(delivery: Delivery): Promise<Delivery>;
  /** From now on webhooks get lost, as where nobody listens; the returned function ends that. */
  loseDeliveries(): () => void;
  /** Waits until a delivery with this GUID was answered 2xx. */
  delivered(guid: string, wait?: Wait): Promise<void>;
}

export function appStory({ world, deliveries, events }: Stage): AppStory {
  const installed = (owner: Owner): Installation => {
    const installation = world.installations.get(owner);
    if (installation === undefined) throw new Error(`the App is not installed on ${owner}`);
    return installation;
  };

  return {
    async installApp(owner = "kernel-org") {
      const installation: Installation = { id: installationId(owner), owner, suspendedAt: null };
      world.installations.set(owner, installation);
      await events.installation(installation, "created");
      return installation.id;
    },
    async uninstallApp(owner = "kernel-org") {
      const installation = installed(owner);
      world.installations.delete(owner);
      for (const [token, issued] of world.tokens) if (issued.owner === owner) world.tokens.delete(token);
      await events.installation(installation, "deleted");
    },
    async suspendInstallation(owner = "kernel-org") {
      installed(owner).suspendedAt = new Date().toISOString();
      await events.installation(installed(owner), "suspend");
    },
    async unsuspendInstallation(owner = "kernel-org") {
      installed(owner).suspendedAt = null;
      await events.installation(installed(owner), "unsuspend");
    },
    expireTokens: () => world.tokens.clear(),
    deliveries: () => deliveries.log,
    deliver: (delivery) => deliveries.sendAgain(delivery),
    loseDeliveries() {
      deliveries.lose();
      return () => deliveries.stopLosing();
    },
    async delivered(guid, wait = "server") {
      const made = () => deliveries.log.find((delivery) => delivery.guid === guid && isMade(delivery));
      await waitFor(`delivery ${guid} to be made`, wait, made);
    },
  };
}
