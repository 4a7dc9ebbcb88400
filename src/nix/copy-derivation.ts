/**
 * Copies a derivation and all it needs from an evaluation's store to the build store.
 *
 * `nix copy`, since derivations and sources prove by their names that they are what they say, and it alone tells a daemon
 * so: `nix-store --import` leaves that out, and is refused to users whom the daemon does not trust.
 *
 * A store that we served has no database that Nix could read, so what is to be copied is laid out for it as a binary cache: a
 * directory with one `.narinfo` and one archive for each path (https://nix.dev/manual/nix/latest/store/types/local-binary-cache-store).
 */
import { createHash, hash } from "node:crypto";
import { closeSync, openSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import PQueue from "p-queue";
import type { Derivation } from "../domain/derivation.ts";
import type { DrvPath, StorePath } from "../domain/evaluation.ts";
import { EnvironmentError, Interrupted } from "../errors.ts";
import { run } from "../process.ts";
import type { DerivationReader } from "./derivation-store.ts";
import { derivationMissing } from "./evaluation-damage.ts";
import { missingPaths, NIX_COMMAND, storeTrouble } from "./nix-store.ts";
import { baseName, STORE_DIRECTORY } from "./store-path.ts";
import { base32, renderContentAddress, storePathOf } from "./store-server/content-address.ts";
import { narOfText, narOfTree, writeAll } from "./store-server/nar.ts";
import { readSources } from "./store-server/sources.ts";

export interface CopyContext {
  readonly derivations: DerivationReader;
  readonly storeRoot: string;
  readonly temporaryDirectory: string;
}

/** One after the other: base and head have most of what they need in common. */
const copies = new PQueue({ concurrency: 1 });
/** Another process may bring the same path at the same moment, and does so at most once for each. */
const COPY_TRIES = 5;

/** @throws EnvironmentError store-trouble, evaluation-damaged, program-missing; Interrupted */
export async function copyDerivation(context: CopyContext, drv: DrvPath, signal: AbortSignal): Promise<void> {
  await copies.add(() => copyClosure(context, drv, signal));
}

async function copyClosure(context: CopyContext, drv: DrvPath, signal: AbortSignal): Promise<void> {
  const sources = await readSources(context.storeRoot);
  if (sources === undefined) return nixCopy(`local?root=${context.storeRoot}`, drv, signal);
  const closure = await describeClosure(context, sources, drv, signal);
  const missing = new Set<string>(await missingPaths([...closure.keys()], signal));
  if (missing.size === 0) return;
  const cache = await mkdtemp(join(context.temporaryDirectory, "closure-"));
  try {
    await layOut(context, closure, missing, cache, signal);
    await nixCopy(`file://${cache}`, drv, signal);
  } finally {
    await rm(cache, { recursive: true, force: true });
  }
}

/**
 * What trips people up: paths come in one stream, and Nix 2.8 leaves one unread that somebody else made valid meanwhile; then it
 * takes what follows for something else ("not an absolute path: 'nix-archive-1'"). Begun anew, it leaves that path out.
 */
async function nixCopy(from: string, drv: DrvPath, signal: AbortSignal): Promise<void> {
  // Without `--derivation` Nix before 2.15 copies what the derivation builds. No `--to`: wherever builds are made.
  const args = [...NIX_COMMAND, "copy", "--derivation", "--from", from, drv];
  for (let tries = 1; ; tries += 1) {
    const result = await run("nix", args, { signal });
    if (result.exitCode === 0) return;
    if (tries === COPY_TRIES || !result.stderr.includes("nix-archive-1"))
      throw storeTrouble("nix copy", result);
  }
}

interface Described {
  /** Of what is no source. */
  readonly drv?: DrvPath;
  readonly contentAddress: string;
  readonly references: readonly StorePath[];
}

type Sources = NonNullable<Awaited<ReturnType<typeof readSources>>>;

/** The derivation, its inputs down to the sources, and what texts among these refer to; no outputs. */
async function describeClosure(
  { derivations, storeRoot }: CopyContext,
  sources: Sources,
  drv: DrvPath,
  signal: AbortSignal,
): Promise<ReadonlyMap<StorePath, Described>> {
  const described = new Map<StorePath, Described>();
  let others = new Set<StorePath>();
  for (const derivation of (await derivations.closure([drv], signal)).values()) {
    described.set(derivation.path, describeDerivation(derivations, storeRoot, derivation));
    for (const source of derivation.inputSrcs) others.add(source);
  }
  while (others.size > 0) {
    const next = new Set<StorePath>();
    for (const path of others) {
      if (described.has(path)) continue;
      const source = sources.get(path);
      if (source === undefined) throw derivationMissing(path, storeRoot);
      described.set(path, source);
      for (const reference of source.references) next.add(reference);
    }
    others = next;
  }
  return described;
}

/** @throws EnvironmentError evaluation-damaged: it is not what its name says */
function describeDerivation(
  derivations: DerivationReader,
  storeRoot: string,
  { path, inputDrvs, inputSrcs }: Derivation,
): Described {
  const digest = hash("sha256", derivations.text(path));
  const references = [...inputDrvs.keys(), ...inputSrcs].sort();
  const content = { method: "text" as const, digest, references };
  if (storePathOf(nameOf(path), content) !== path) throw damaged(path, storeRoot);
  return { drv: path, contentAddress: renderContentAddress(content), references };
}

const HASH_CHARACTERS = 32;
const hashOf = (path: StorePath) => baseName(path).slice(0, HASH_CHARACTERS);
const nameOf = (path: StorePath) => baseName(path).slice(HASH_CHARACTERS + 1);

/** Every path is described, since Nix follows references; only archives of missing paths will be read. */
async function layOut(
  { derivations, storeRoot }: CopyContext,
  closure: ReadonlyMap<StorePath, Described>,
  missing: ReadonlySet<string>,
  cache: string,
  signal: AbortSignal,
): Promise<void> {
  await writeFile(join(cache, "nix-cache-info"), `StoreDir: ${STORE_DIRECTORY}\n`);
  await mkdir(join(cache, "nar"));
  for (const [path, { drv, contentAddress, references }] of closure) {
    if (signal.aborted) throw new Interrupted();
    const archive = `nar/${hashOf(path)}.nar`;
    const pieces = drv === undefined ? narOfTree(join(storeRoot, path)) : [narOfText(derivations.text(drv))];
    const nar = keepArchive(pieces, missing.has(path) ? join(cache, archive) : undefined);
    const lines = [
      `StorePath: ${path}`,
      `URL: ${archive}`,
      "Compression: none",
      `NarHash: sha256:${base32(nar.digest)}`,
      `NarSize: ${nar.bytes}`,
      `References: ${references.map(baseName).join(" ")}`,
      `CA: ${contentAddress}`,
    ];
    await writeFile(join(cache, `${hashOf(path)}.narinfo`), `${lines.join("\n")}\n`);
  }
}

/** Digest and size of an archive, which is written as well where a file is named. */
function keepArchive(pieces: Iterable<Buffer>, to: string | undefined): { digest: Buffer; bytes: number } {
  const digest = createHash("sha256");
  let bytes = 0;
  const file = to === undefined ? undefined : openSync(to, "wx");
  try {
    for (const piece of pieces) {
      digest.update(piece);
      bytes += piece.length;
      if (file !== undefined) writeAll(file, piece);
    }
  } finally {
    if (file !== undefined) closeSync(file);
  }
  return { digest: digest.digest(), bytes };
}

function damaged(path: StorePath, storeRoot: string): EnvironmentError {
  return new EnvironmentError(
    "evaluation-damaged",
    `${path} of the evaluation at ${storeRoot} is not what its name says`,
    "Remove that directory and run the check again; the tree is evaluated anew.",
  );
}
