/**
 * The derivations an evaluation wrote, read straight from its packs: thousands of them, without starting Nix.
 *
 * Its sources and texts lie in a directory that the evaluator filled; what is in it was named by the pull request. Only names
 * that are store paths are looked up, and only regular files are opened.
 */
import { lstat, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Derivation } from "../domain/derivation.ts";
import type { DrvPath, StorePath } from "../domain/evaluation.ts";
import { parseDerivation } from "../domain/parse-derivation.ts";
import { Interrupted } from "../errors.ts";
import { derivationMissing, derivationsDamaged } from "./evaluation-damage.ts";
import type { OpenEvaluation } from "./evaluation-store.ts";
import { readPacked } from "./pack/pack-reader.ts";
import { NIX_DERIVATIONS } from "./saved-evaluation.ts";
import { baseName, isDrvPath, isStorePath } from "./store-path.ts";

const SOURCE_BYTES = 1024 * 1024;
/** Between two looks at whether to stop. */
const AT_ONCE = 64;

export interface DerivationReader {
  closure(roots: Iterable<DrvPath>, signal: AbortSignal): Promise<ReadonlyMap<DrvPath, Derivation>>;
  readAll(drvs: Iterable<DrvPath>, signal: AbortSignal): Promise<ReadonlyMap<DrvPath, Derivation>>;
  readSource(path: StorePath): Promise<string | undefined>;
  read(drv: DrvPath): Promise<Derivation>;
  /** As Nix has it in a file. @throws EnvironmentError evaluation-damaged */
  text(drv: DrvPath): Buffer;
}

export function createDerivationReader({
  storeRoot,
  frames,
}: Pick<OpenEvaluation, "storeRoot" | "frames">): DerivationReader {
  const place = (path: StorePath) => join(storeRoot, NIX_DERIVATIONS, baseName(path));
  const packed = readPacked(frames);
  const parsed = new Map<DrvPath, Derivation>();

  const textOf = (drv: DrvPath): Buffer => {
    let text: Buffer | undefined;
    try {
      text = isDrvPath(drv) ? packed(baseName(drv)) : undefined;
    } catch (error) {
      throw derivationsDamaged(error);
    }
    if (text === undefined) throw derivationMissing(drv, storeRoot);
    return text;
  };

  const read = async (drv: DrvPath): Promise<Derivation> => {
    const known = parsed.get(drv);
    if (known !== undefined) return known;
    const derivation = parseDerivation(drv, textOf(drv).toString("utf8"));
    parsed.set(drv, derivation);
    return derivation;
  };

  const readAll = async (drvs: Iterable<DrvPath>, signal: AbortSignal) => {
    const all = [...new Set(drvs)];
    const found = new Map<DrvPath, Derivation>();
    for (let at = 0; at < all.length; at += AT_ONCE) {
      if (signal.aborted) throw new Interrupted();
      for (const derivation of await Promise.all(all.slice(at, at + AT_ONCE).map(read)))
        found.set(derivation.path, derivation);
    }
    return found;
  };

  return {
    read,
    readAll,
    text: textOf,
    async closure(roots, signal) {
      const found = new Map<DrvPath, Derivation>();
      let frontier = [...roots];
      while (frontier.length > 0) {
        const next = new Set<DrvPath>();
        for (const [drv, derivation] of await readAll(frontier, signal)) {
          found.set(drv, derivation);
          for (const input of derivation.inputDrvs.keys()) next.add(input);
        }
        frontier = [...next].filter((drv) => !found.has(drv));
      }
      return found;
    },
    async readSource(path) {
      if (!isStorePath(path)) return undefined;
      const text = await readText(place(path), SOURCE_BYTES);
      return text?.includes("\0") ? undefined : text;
    },
  };
}

/** `undefined` unless it is a regular file of at most that many bytes. */
async function readText(file: string, limit: number): Promise<string | undefined> {
  const status = await lstat(file).catch(() => undefined);
  if (status?.isFile() !== true || status.size > limit) return undefined;
  return readFile(file, "utf8");
}
