/**
 * Finished evaluations on disk: each a directory with the derivations it wrote (`derivations/`, see `pack/`), the store that
 * sources and texts were written to (`store/`), and what the attributes are (`evaluation.json.zst`), named by a hash of
 * everything the result depends on.
 *
 * A directory is made beside its place and renamed once complete, so two checks of the same tree may run at once: the
 * second one finds the place taken and uses what is there. Whatever does not check out (damage, derivations missing) is
 * evaluated again.
 */
import { createHash, randomUUID } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, stat, utimes } from "node:fs/promises";
import { basename, join } from "node:path";
import { derivationsDamaged } from "./evaluation-damage.ts";
import { linkPacks, linkSources } from "./link-evaluation.ts";
import { PACKS } from "./pack/pack-format.ts";
import { listFrames, type PlacedFrame } from "./pack/pack-reader.ts";
import {
  isReusable,
  type LookedEvaluation,
  NIX_DERIVATIONS,
  type SavedEvaluation,
} from "./saved-evaluation.ts";
import { createSealedReader, readSealed, writeSealed } from "./sealed-file.ts";
import { SOURCES } from "./store-server/sources.ts";

/** Room for evaluations; the ones not used for longest go first. */
const KEEP_BYTES = 5 * 1024 ** 3;
/** One used this recently may be in use. */
const IN_USE_MS = 2 * 60 * 60 * 1000;
/** A directory beside its place that is older was left by a killed run. */
const ABANDONED_MS = 24 * 60 * 60 * 1000;

const RESULT = "evaluation.json.zst";
const STORE = "store";
const BESIDE = ".making-";
/** The directory of what was only looked at, which has nothing but that file. */
const lookOf = (key: string) => `${key}-look`;
const SOURCE_BYTES = 8192;

export interface OpenEvaluation {
  readonly evaluation: SavedEvaluation;
  readonly directory: string;
  /** Below that directory. */
  readonly storeRoot: string;
  readonly frames: readonly PlacedFrame[];
}

export interface EvaluationStore {
  find(key: string): Promise<OpenEvaluation | undefined>;
  /** What is known of a tree whose derivations were not written. */
  findLook(key: string): Promise<LookedEvaluation | undefined>;
  keepLook(key: string, look: LookedEvaluation): Promise<void>;
  /** A fresh directory to evaluate into. Disposing of it removes it unless it was kept. */
  begin(): Promise<EvaluationDraft>;
}

export interface EvaluationDraft extends AsyncDisposable {
  readonly storeRoot: string;
  /** Directory of the packs, which are to be complete before it is kept. */
  readonly packs: string;
  /**
   * Takes over the derivations of another evaluation; before anything is written.
   * @returns the number of the pack that comes next; `undefined` where that one is gone, or cannot be linked
   */
  inheritPacks(other: OpenEvaluation): Promise<number | undefined>;
  /** Takes over sources and texts that this one has not, once nothing is written any more. */
  inheritSources(other: OpenEvaluation): Promise<void>;
  /** Puts the directory in its place. */
  keep(key: string, evaluation: Omit<SavedEvaluation, "derivations">): Promise<OpenEvaluation>;
}

export function createEvaluationStore(directory: string): EvaluationStore {
  const readOnce = createSealedReader();
  return {
    find: (key) => find(directory, key, readOnce),
    async findLook(key) {
      const look = await readOnce(join(directory, lookOf(key), RESULT));
      return look as LookedEvaluation | undefined;
    },
    async keepLook(key, look) {
      if (!isReusable(look)) return;
      await writeSealed(join(directory, lookOf(key), RESULT), look);
      await prune(directory);
    },
    async begin() {
      const beside = join(directory, `${BESIDE}${randomUUID()}`);
      const storeRoot = join(beside, STORE);
      await mkdir(storeRoot, { recursive: true });
      return {
        storeRoot,
        packs: join(beside, PACKS),
        inheritPacks: ({ directory: other }) => linkPacks(join(other, PACKS), join(beside, PACKS)),
        inheritSources: (other) => linkSources(other.storeRoot, storeRoot),
        async keep(key, evaluation) {
          const written = await lookAt(beside);
          if (written === undefined) throw derivationsDamaged(`those below ${beside} are not complete`);
          const saved = { ...evaluation, derivations: written.digest };
          await writeSealed(join(beside, RESULT), saved);
          // One that is not to be used again has no name that anybody looks for.
          const name = isReusable(saved) ? key : `${key}-${randomUUID()}`;
          const opened = await putInPlace(directory, beside, name, saved, written.frames);
          await prune(directory);
          return opened;
        },
        async [Symbol.asyncDispose]() {
          await rm(beside, { recursive: true, force: true });
        },
      };
    },
  };
}

async function find(
  directory: string,
  key: string,
  read: typeof readSealed,
): Promise<OpenEvaluation | undefined> {
  const place = join(directory, key);
  const evaluation = (await read(join(place, RESULT))) as SavedEvaluation | undefined;
  if (evaluation === undefined) return undefined;
  const written = await lookAt(place);
  if (written?.digest !== evaluation.derivations) return undefined;
  const now = new Date();
  await utimes(join(place, RESULT), now, now).catch(() => undefined);
  return openedAt(place, evaluation, written.frames);
}

function openedAt(
  directory: string,
  evaluation: SavedEvaluation,
  frames: readonly PlacedFrame[],
): OpenEvaluation {
  return { evaluation, directory, storeRoot: join(directory, STORE), frames };
}

async function putInPlace(
  directory: string,
  beside: string,
  key: string,
  saved: SavedEvaluation,
  frames: readonly PlacedFrame[],
): Promise<OpenEvaluation> {
  const place = join(directory, key);
  for (let attempt = 0; attempt < 3; attempt += 1) {
    try {
      await rename(beside, place);
      const moved = frames.map((frame) => ({ ...frame, file: join(place, PACKS, basename(frame.file)) }));
      return openedAt(place, saved, moved);
    } catch (error) {
      if (!isTaken(error)) throw error;
    }
    const other = await find(directory, key, readSealed);
    if (other !== undefined) return other;
    await setAside(directory, place);
  }
  throw new Error(`cannot put an evaluation in place at ${place}`);
}

const isTaken = (error: unknown) =>
  error instanceof Error && "code" in error && (error.code === "ENOTEMPTY" || error.code === "EEXIST");

/** A rename is one step, a removal is many: nobody shall see half a directory under its name. */
async function setAside(directory: string, place: string): Promise<void> {
  const aside = join(directory, `${BESIDE}${randomUUID()}`);
  await rename(place, aside).catch(() => undefined);
  await rm(aside, { recursive: true, force: true });
}

/**
 * What an evaluation wrote, and a digest of it: tells whether something is missing without reading it all. Frames are hashed when
 * they are read (`pack/`). `undefined` where a pack is missing or shorter than it was.
 */
async function lookAt(directory: string) {
  const storeRoot = join(directory, STORE);
  const frames = await listFrames(join(directory, PACKS));
  if (frames === undefined || !(await areWhole(frames))) return undefined;
  const names = await readdir(join(storeRoot, NIX_DERIVATIONS)).catch(() => []);
  const sources = await readFile(join(storeRoot, SOURCES)).catch(() => "");
  const digest = createHash("sha256").update(names.sort().join("\n")).update("\0").update(sources);
  for (const frame of frames) digest.update("\0").update(frame.digest);
  return { frames, digest: digest.digest("hex") };
}

/** Whether packs are as long as their frames say. */
async function areWhole(frames: readonly PlacedFrame[]): Promise<boolean> {
  const ends = new Map<string, number>();
  for (const { file, at, bytes } of frames) ends.set(file, Math.max(ends.get(file) ?? 0, at + bytes));
  for (const [file, end] of ends) {
    const status = await stat(file).catch(() => undefined);
    if (status === undefined || status.size < end) return false;
  }
  return true;
}

async function prune(directory: string): Promise<void> {
  const entries = await Promise.all((await readdir(directory)).map((name) => weigh(directory, name)));
  const oldestFirst = entries.filter((entry) => entry !== undefined).sort((a, b) => a.used - b.used);
  let bytes = oldestFirst.reduce((sum, entry) => sum + entry.bytes, 0);
  for (const entry of oldestFirst) {
    const age = Date.now() - entry.used;
    const goes = entry.beside ? age > ABANDONED_MS : bytes > KEEP_BYTES && age > IN_USE_MS;
    if (!goes) continue;
    await setAside(directory, entry.place);
    bytes -= entry.bytes;
  }
}

async function weigh(directory: string, name: string) {
  const place = join(directory, name);
  if (name.startsWith(BESIDE)) {
    const status = await stat(place).catch(() => undefined);
    return status && { place, used: status.mtimeMs, bytes: 0, beside: true };
  }
  const result = join(place, RESULT);
  const status = await stat(result).catch(() => undefined);
  if (status === undefined) return { place, used: 0, bytes: 0, beside: false };
  const sources = await readdir(join(place, STORE, NIX_DERIVATIONS)).catch(() => []);
  const packs = await sizes(join(place, PACKS));
  // Sources are a few KiB each and take whole blocks. Near enough to decide what goes.
  return {
    place,
    used: status.mtimeMs,
    bytes: status.size + packs + sources.length * SOURCE_BYTES,
    beside: false,
  };
}

/** Of the files in a directory, together. */
async function sizes(directory: string): Promise<number> {
  const names = await readdir(directory).catch(() => []);
  const all = await Promise.all(names.map((name) => stat(join(directory, name)).catch(() => undefined)));
  return all.reduce((sum, status) => sum + (status?.size ?? 0), 0);
}
