/**
 * Logs of checks: texts too long for a report, kept on this machine for people to read. A directory for each check, a
 * compressed file for each log; what the database knows of them is their names (`retention.ts`).
 *
 * What trips people up: everything in a log was written by a pull request. Names become file names only after everything
 * but letters and digits is gone, sizes and counts have an end, and terminal sequences are taken out before anything is kept,
 * so that whoever looks at a file with cat(1) is safe too. A log that cannot be kept costs nothing but itself.
 */
import { randomUUID } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import { withoutControls } from "../domain/plain-text.ts";
import type { CheckLogs, KeptLog } from "../workflow/app-ports.ts";
import type { LogPort } from "../workflow/ports.ts";
import { isCheckId } from "./check-rows.ts";

/** The end of a log is what tells; kernel builds write some hundred KiB. */
const LONGEST = 1024 * 1024;
const MOST_LOGS = 100;
const DAY_MS = 24 * 60 * 60 * 1000;
const SUFFIX = ".log.gz";

export interface LogDirectory extends CheckLogs {
  /** For the tools of one check. Also drops what is older than the retention, so that each machine forgets its own. */
  of(checkId: string): LogPort;
}

/** The same for the server, which shows logs, and for the process of a check, which keeps them. */
export function logsBelow(dataDirectory: string): string {
  return join(dataDirectory, "logs");
}

export function createLogDirectory(root: string, { keepDays = 30 } = {}): LogDirectory {
  const directoryOf = (checkId: string) => join(root, checkId);

  async function list(checkId: string): Promise<readonly KeptLog[]> {
    if (!isCheckId(checkId)) return [];
    const files = (await readdir(directoryOf(checkId)).catch(() => [])).filter((file) =>
      file.endsWith(SUFFIX),
    );
    const found = await Promise.all(
      files.sort().map(async (file) => {
        const path = join(directoryOf(checkId), file);
        const status = await stat(path).catch(() => undefined);
        const name = file.slice(0, -SUFFIX.length);
        return status === undefined ? undefined : { name, path, bytes: status.size };
      }),
    );
    return found.filter((log) => log !== undefined);
  }

  async function keep(checkId: string, name: string, lines: readonly string[]): Promise<void> {
    const directory = directoryOf(checkId);
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const path = join(directory, fileNameOf(name));
    const kept = await readdir(directory);
    if (kept.length >= MOST_LOGS && !kept.includes(fileNameOf(name))) return;
    const part = `${path}.${randomUUID()}`;
    await writeFile(part, await promisify(gzip)(endOf(lines)), { mode: 0o600 });
    await rename(part, path);
  }

  return {
    list,
    of(checkId) {
      void dropOld(root, Date.now() - keepDays * DAY_MS);
      return {
        // Out of disk, mostly: the check itself will say so.
        keep: (name, lines) => keep(checkId, name, lines).catch(() => undefined),
      };
    },
    async read(checkId, name) {
      // Only what is listed: a name out of an address is compared, never joined to a path.
      const log = (await list(checkId)).find((one) => one.name === name);
      const packed = log && (await readFile(log.path).catch(() => undefined));
      if (packed === undefined) return undefined;
      return (await promisify(gunzip)(packed, { maxOutputLength: 4 * LONGEST })).toString("utf8");
    },
  };
}

function fileNameOf(name: string): string {
  const safe = name.replace(/[^A-Za-z0-9._+-]+/g, "_").replace(/^[^A-Za-z0-9]+/, "");
  return `${safe.slice(0, 120) || "log"}${SUFFIX}`;
}

/** Whole lines, as many from the end as there is room for. */
function endOf(lines: readonly string[]): string {
  let left = LONGEST;
  let first = lines.length;
  while (first > 0) {
    left -= (lines[first - 1]?.length ?? 0) + 1;
    if (left < 0) break;
    first -= 1;
  }
  const cut = first === 0 ? [] : [`[${first} lines before this were left out]`];
  return `${withoutControls([...cut, ...lines.slice(first)].join("\n"))}\n`;
}

async function dropOld(root: string, before: number): Promise<void> {
  for (const name of await readdir(root).catch(() => [])) {
    const directory = join(root, name);
    const status = await stat(directory).catch(() => undefined);
    if (isCheckId(name) && status !== undefined && status.mtimeMs < before)
      await rm(directory, { recursive: true, force: true }).catch(() => undefined);
  }
}
