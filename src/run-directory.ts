/**
 * The directory that holds everything temporary of one run: checkouts, copies, disks of VMs.
 *
 * A run that is killed outright cannot clean up; the next one does. To know what is left over, the name says
 * whose it is (`own-names.ts`). What belongs to somebody else, to a process of another container, or to one that
 * lives is never touched.
 */
import { lstat, mkdtemp, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { ownerOf, ownName } from "./own-names.ts";

export interface RunDirectory extends AsyncDisposable {
  readonly path: string;
}

/** Makes one in `parent` (usually the system's temporary directory), after removing what dead runs left there. */
export async function makeRunDirectory(parent: string): Promise<RunDirectory> {
  await removeAbandoned(parent);
  const path = await mkdtemp(join(parent, await ownName(PREFIX)));
  return {
    path,
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true, maxRetries: 3 }),
  };
}

const PREFIX = "modprobot-";

async function removeAbandoned(parent: string): Promise<void> {
  for (const name of await readdir(parent).catch(() => [])) {
    if ((await ownerOf(PREFIX, name)) !== "abandoned") continue;
    const path = join(parent, name);
    const found = await lstat(path).catch(() => undefined);
    if (found?.isDirectory() !== true || found.uid !== process.getuid?.()) continue;
    // Another run may be removing it right now.
    await rm(path, { recursive: true, force: true }).catch(() => undefined);
  }
}
