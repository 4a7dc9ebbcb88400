/** What has to be well before work may be sent to this process. */
import { statfs } from "node:fs/promises";
import { DISK_FLOOR_BYTES } from "../../domain/doctor/machine.ts";
import { probeDatabase } from "../../store/probe-database.ts";
import type { ReadinessProbe } from "../../web/readiness.ts";
import type { QueuePort, SqlExecutor } from "../../workflow/app-ports.ts";
import type { NixPort } from "../../workflow/ports.ts";

/** It builds something where its settings have changed. */
const NIX_KEEP_MS = 5 * 60_000;

export function databaseProbe(database: SqlExecutor): ReadinessProbe {
  return { name: "database", look: () => probeDatabase(database) };
}

export function queueProbe(queue: Pick<QueuePort, "depth">): ReadinessProbe {
  return { name: "queue", look: () => queue.depth().then(() => null) };
}

export function diskProbe(directories: readonly string[]): ReadinessProbe {
  return { name: "disk", look: () => shortOfDisk(directories) };
}

/** Where there is too little room to begin a check; null: nowhere. What does not exist has no disk of its own. */
export async function shortOfDisk(
  directories: readonly string[],
  floor = DISK_FLOOR_BYTES,
): Promise<string | null> {
  for (const directory of directories) {
    const free = await freeBytes(directory).catch(() => Number.POSITIVE_INFINITY);
    if (free < floor)
      return `${mebibytes(free)} MiB are free in ${directory}, fewer than ${mebibytes(floor)}`;
  }
  return null;
}

export function nixProbe(nix: Pick<NixPort, "probe">): ReadinessProbe {
  return {
    name: "nix",
    keepMs: NIX_KEEP_MS,
    look: (signal) => nix.probe(signal).then(() => null),
  };
}

export async function freeBytes(directory: string): Promise<number> {
  const { bavail, bsize } = await statfs(directory);
  return bavail * bsize;
}

function mebibytes(bytes: number): number {
  return Math.floor(bytes / 2 ** 20);
}
