/** The App was installed, removed, suspended, or given other repositories: begin there, or end what runs there. */
import { isFinal } from "../../domain/check-record.ts";
import type { InstallationChange, InstallationHint } from "../pull-request-events.ts";
import type { CheckParts } from "./check-parts.ts";
import { REMOVED, SUSPENDED } from "./look-at.ts";
import { sweepInstallation } from "./sweep.ts";

/** Why checks end; undefined where they go on, and what is there is looked at. */
const ENDS: Readonly<Record<InstallationChange, string | undefined>> = {
  installed: undefined,
  unsuspended: undefined,
  "permissions-accepted": undefined,
  "repositories-added": undefined,
  removed: REMOVED,
  suspended: SUSPENDED,
  "repositories-removed": REMOVED,
};

export async function installationChanged(
  { installationId, change, repositories }: InstallationHint,
  parts: CheckParts,
  signal: AbortSignal,
): Promise<void> {
  const { store, log } = parts.world;
  const reason = ENDS[change];
  if (reason === undefined) {
    await tellWhatWasOwed(installationId, parts, signal);
    return sweepInstallation(installationId, parts, signal);
  }
  const meant = new Set(repositories.map(({ id }) => id));
  for (const check of await store.activeChecks()) {
    if (check.installationId !== installationId || isFinal(check.state)) continue;
    if (meant.size > 0 && !meant.has(check.repositoryId)) continue;
    await store.moveCheck(check.id, "cancelled", reason);
    // Nobody can be told there any more. A suspension may end, and then it is told.
    if (change !== "suspended") await store.markTold(check.id);
  }
  log.info({ installation: installationId, change }, "checks of an installation ended");
}

/** Before anything new is begun there, so that the runs of before do not hang beside those to come. */
async function tellWhatWasOwed(
  installationId: number,
  { world: { store, log }, publisher }: CheckParts,
  signal: AbortSignal,
): Promise<void> {
  const owing = (await store.owingChecks()).filter((check) => check.installationId === installationId);
  for (const { id } of owing) {
    try {
      await publisher.tell(id, "for-now", signal);
    } catch (error) {
      if (signal.aborted) throw error;
      log.warn({ err: error, check: id }, "still owed");
    }
  }
}
