/**
 * Sealed files: JSON or bytes we wrote ourselves and want to trust when we read it again.
 *
 * A file is the SHA-256 of what follows, a line end, and the rest, zstd-compressed. It is written beside its place and
 * renamed, so a reader sees all of it or none; a process killed at any moment, a full disk or a second writer leave at
 * worst a stray temporary file. Anything that does not check out is "not there", never an error: caches hold nothing
 * that cannot be found out again.
 */
import { createHash, randomUUID } from "node:crypto";
import { mkdir, open, readFile, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { promisify } from "node:util";
import { zstdCompress, zstdDecompress } from "node:zlib";

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

/** Far above any evaluation of nixpkgs (about 40 MB), far below what would hurt. */
const LARGEST = 512 * 1024 * 1024;

const digest = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");

export function writeSealed(path: string, value: unknown): Promise<void> {
  return writeSealedBytes(path, Buffer.from(JSON.stringify(value)));
}

export async function writeSealedBytes(path: string, bytes: Uint8Array): Promise<void> {
  const body = await compress(bytes);
  await mkdir(dirname(path), { recursive: true });
  const beside = `${path}.${randomUUID()}.tmp`;
  try {
    const file = await open(beside, "wx", 0o600);
    try {
      await file.writeFile(Buffer.concat([Buffer.from(`${digest(body)}\n`), body]));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(beside, path);
  } finally {
    await rm(beside, { force: true });
  }
}

/** What `writeSealed` was given, or `undefined` where there is none or it is damaged. */
export async function readSealed(path: string): Promise<unknown> {
  try {
    return JSON.parse((await readSealedBytes(path))?.toString("utf8") ?? "");
  } catch {
    return undefined;
  }
}

/** Files kept as they were read. */
const MOST_KEPT = 2;

/** `readSealed` that reads the last few files only once, as long as they stay what they are; their times may change. */
export function createSealedReader(): typeof readSealed {
  const kept = new Map<string, { readonly identity: string; readonly value: unknown }>();
  return async (path) => {
    const identity = await identityOf(path);
    const known = kept.get(path);
    const value = known !== undefined && known.identity === identity ? known.value : await readSealed(path);
    kept.delete(path);
    if (identity !== undefined && value !== undefined) kept.set(path, { identity, value });
    for (const [oldest] of kept) if (kept.size > MOST_KEPT) kept.delete(oldest);
    return value;
  };
}

/** A sealed file is never changed, only replaced; what damages one leaves a digest that is no longer right, or another size. */
async function identityOf(path: string): Promise<string | undefined> {
  const status = await stat(path).catch(() => undefined);
  return status && `${status.dev}:${status.ino}:${status.size}`;
}

/** The same for `writeSealedBytes`. */
export async function readSealedBytes(path: string): Promise<Buffer | undefined> {
  try {
    const bytes = await readFile(path);
    const body = bytes.subarray(65);
    if (bytes.subarray(0, 65).toString("latin1") !== `${digest(body)}\n`) return undefined;
    return await decompress(body, { maxOutputLength: LARGEST });
  } catch {
    return undefined;
  }
}
