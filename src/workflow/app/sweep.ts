/** Open pull requests whose head has no check: what was pushed while nobody listened. */
import type { RepositoryRef } from "../../domain/pull-request.ts";
import type { CheckParts } from "./check-parts.ts";
import { hasWhatItNeeds } from "./look-at.ts";
import { isGone } from "./publisher.ts";

/**
 * How many pull requests of one repository are begun in one round. A repository with thousands of open ones is
 * worked off in portions, newest first, between what people push meanwhile.
 */
const MOST_AT_ONCE = 20;

export async function sweepInstallation(
  installationId: number,
  parts: CheckParts,
  signal: AbortSignal,
): Promise<void> {
  const { github, log } = parts.world;
  for (const repository of await github.repositories(installationId, signal)) {
    signal.throwIfAborted();
    try {
      await sweepRepository(installationId, repository, parts, signal);
    } catch (error) {
      if (signal.aborted) throw error;
      // One repository's trouble is not the next one's.
      const { owner, name } = repository;
      log.warn({ err: error, installation: installationId, owner, name }, "repository not looked through");
    }
  }
}

async function sweepRepository(
  installationId: number,
  { id, owner, name }: RepositoryRef & { readonly id: number },
  { world: { github, store }, looker }: CheckParts,
  signal: AbortSignal,
): Promise<void> {
  const open = await github.installation(installationId).openPullRequests({ owner, name }, signal);
  const ready = open.filter(({ draft }) => !draft).sort((a, b) => b.number - a.number);
  let begun = 0;
  for (const { number, headSha } of ready) {
    const latest = await store.latestCheck(id, number);
    if (latest?.headSha === headSha && hasWhatItNeeds(latest)) continue;
    try {
      await looker.lookAt({ installationId, repositoryId: id, owner, name, number }, signal);
    } catch (error) {
      if (!isGone(error)) throw error;
    }
    begun += 1;
    if (begun >= MOST_AT_ONCE) return;
  }
}
