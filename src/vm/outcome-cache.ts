/**
 * Boots that passed, kept in the data directory, so that a second check of the same outputs boots nothing.
 *
 * Only clean passes are kept. A failure is worth another look, and what could not run may run next time. The
 * key holds everything the outcome depends on; files outside the Nix store may change under their path, so
 * the image's and the index's size and time belong to it.
 */
import { createHash, randomUUID } from "node:crypto";
import { lstat, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { VmOutcome } from "../domain/vm.ts";

/** Raised when the meaning of an outcome changes, so that older ones are not believed. */
const FORMAT = 1;

const Passed = z.object({
  outcome: z.literal("passed"),
  seconds: z.number(),
  accelerator: z.enum(["kvm", "tcg"]),
  problems: z.array(z.string()).length(0),
  kernelRelease: z.string(),
  modules: z.array(
    z.object({
      module: z.string(),
      loaded: z.enum(["loaded", "builtin", "missing", "failed"]),
      message: z.string().exactOptional(),
      parameters: z.record(z.string(), z.string().nullable()),
      unloaded: z.boolean(),
    }),
  ),
  splats: z.array(z.string()).length(0),
  consoleTail: z.array(z.string()),
});

export interface OutcomeCache {
  read(key: string): Promise<VmOutcome | undefined>;
  /** Keeps a clean pass, ignores everything else. */
  write(key: string, outcome: VmOutcome): Promise<void>;
}

export function createOutcomeCache(directory: string): OutcomeCache {
  const fileFor = (key: string) => join(directory, `${key}.json`);
  return {
    async read(key) {
      try {
        const parsed = Passed.safeParse(JSON.parse(await readFile(fileFor(key), "utf8")));
        return parsed.success ? parsed.data : undefined;
      } catch {
        // Absent, or cut off by a crash: it is booted again.
        return undefined;
      }
    },
    async write(key, outcome) {
      if (!Passed.strict().safeParse(outcome).success) return;
      await mkdir(directory, { recursive: true });
      const part = `${fileFor(key)}.${randomUUID()}`;
      await writeFile(part, JSON.stringify(outcome));
      await rename(part, fileFor(key));
    },
  };
}

/** Hash of plain values. */
export function cacheKey(parts: unknown): string {
  return createHash("sha256")
    .update(JSON.stringify([FORMAT, parts]))
    .digest("hex");
}

/** What tells one content of a path from another without reading it; `null` where there is nothing. */
export async function stamp(path: string): Promise<readonly [string, number, number] | null> {
  return lstat(path).then(
    (found) => [path, found.size, found.mtimeMs] as const,
    () => null,
  );
}
