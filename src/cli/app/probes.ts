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

export function diskProbe(directory: string): ReadinessProbe {
  return {
    name: "disk",
    async look() {
      const free = await freeBytes(directory);
      if (free >= DISK_FLOOR_BYTES) return null;
      return `${mebibytes(free)} MiB are free in ${directory}, fewer than ${mebibytes(DISK_FLOOR_BYTES)}`;
    },
  };
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
