/**
 * Facts about store paths, remembered. What lies behind a store path never changes, so a fact found out once holds as
 * long as the code that found it: every kind of fact carries a version, raised when its finder changes.
 */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { readSealed, writeSealed } from "./sealed-file.ts";

export interface FactCache {
  /** The remembered fact, or the one `find` comes to; `undefined` is never remembered. */
  remember<T>(kind: FactKind, key: readonly string[], find: () => Promise<T>): Promise<T>;
  recall<T>(kind: FactKind, key: readonly string[]): Promise<T | undefined>;
  record<T>(kind: FactKind, key: readonly string[], fact: T): Promise<void>;
}

const VERSIONS = {
  "build-seconds": 1,
  "cache-writer": 1,
  contents: 1,
  explanation: 1,
  failure: 1,
  measure: 1,
  modules: 1,
  passthru: 1,
  withholding: 1,
  "withholding-unfit": 1,
  writer: 1,
} as const;
export type FactKind = keyof typeof VERSIONS;

export function createFactCache(directory: string): FactCache {
  const place = (kind: FactKind, key: readonly string[]) => {
    const name = createHash("sha256").update(JSON.stringify(key)).digest("hex").slice(0, 40);
    return join(directory, `${kind}-${VERSIONS[kind]}`, `${name}.json.zst`);
  };
  // Sealed files hold what this very module wrote under the same kind and version, so the type is known.
  const recall = async <T>(kind: FactKind, key: readonly string[]) =>
    (await readSealed(place(kind, key))) as T | undefined;
  const record = <T>(kind: FactKind, key: readonly string[], fact: T) => writeSealed(place(kind, key), fact);
  return {
    recall,
    record,
    async remember(kind, key, find) {
      const known = await recall<Awaited<ReturnType<typeof find>>>(kind, key);
      if (known !== undefined) return known;
      const fact = await find();
      if (fact !== undefined) await record(kind, key, fact);
      return fact;
    },
  };
}
