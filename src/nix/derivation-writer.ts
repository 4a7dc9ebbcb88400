/**
 * Where an evaluation's derivations go: to a store we serve ourselves (`store-server/`), from a binary cache that Nix writes
 * (`binary-cache/`) or, for what reads what it has written, by a socket; or, where this Nix does not get along with that, to a
 * store that Nix writes on its own (`local?root=`), which takes several times as long as evaluating.
 *
 * Which of them is tried once for each Nix, by evaluations that write and read what every evaluation does. All end in the same
 * packs and files.
 */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { StorePath } from "../domain/evaluation.ts";
import { EnvironmentError } from "../errors.ts";
import { openCacheDirectory } from "./binary-cache/cache-directory.ts";
import { type Evaluator, runExpression } from "./evaluator.ts";
import { errorMessage } from "./evaluator-message.ts";
import type { FactCache } from "./fact-cache.ts";
import { CHECKOUT_INSIDE } from "./jail.ts";
import type { HostPrograms } from "./jail-mounts.ts";
import { isDerivation } from "./pack/is-derivation.ts";
import type { PackPlace } from "./pack/pack-format.ts";
import { PackWriter } from "./pack/pack-writer.ts";
import { NIX_DERIVATIONS } from "./saved-evaluation.ts";
import { baseName, isDrvPath, STORE_DIRECTORY } from "./store-path.ts";
import { openStoreServer, type StoreServer } from "./store-server/open-store-server.ts";

/** Who writes: our server, from caches where they will do or by its socket alone; or Nix itself. */
export type DerivationWriter = Exclude<Evaluator["writer"], "nobody">;

/**
 * Opens a new, empty store for one evaluation.
 * @param packs where derivations are to be in the end (`pack/`); without it they stay files of the store
 * @param caches from where our server takes them in as well
 */
export function openStore(
  writer: Evaluator["writer"],
  storeRoot: string,
  packs?: PackPlace,
  caches?: string,
): Promise<StoreServer> {
  return writer === "server" || writer === "cache"
    ? openStoreServer(storeRoot, packs, caches)
    : Promise.resolve(nobodyListens(storeRoot, packs));
}

/** Nix itself writes files, and reports its trouble; or nothing is written. */
function nobodyListens(storeRoot: string, packs: PackPlace | undefined): StoreServer {
  return {
    check: async () => undefined,
    layOut: async () => false,
    async end() {
      if (packs !== undefined) await packFiles(join(storeRoot, NIX_DERIVATIONS), packs);
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
}

async function packFiles(directory: string, packs: PackPlace): Promise<void> {
  const pack = new PackWriter(packs);
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
  const texts = new Map<StorePath, Buffer>();
  for (const entry of entries) {
    const path = `${STORE_DIRECTORY}/${entry.name}`;
    if (entry.isFile() && isDrvPath(path)) texts.set(path, await readFile(join(directory, entry.name)));
  }
  const isKnown = (path: string) => texts.has(path as StorePath);
  const dropped = () =>
    [...texts]
      .filter(([path, text]) => !isDerivation(path, text, isKnown))
      .filter(([path]) => texts.delete(path));
  // What needs something that is none is none either.
  while (dropped().length > 0);
  for (const [path, text] of texts) pack.add(baseName(path), text);
  await pack.end();
}

export interface WriterTrial {
  readonly host: HostPrograms;
  readonly nixVersion: string;
  readonly facts: FactCache;
  readonly temporaryDirectory: string;
  /** Told in one sentence why it will be slow. */
  readonly warn: (message: string) => void;
}

/** @throws EnvironmentError jail-failed, program-missing, store-server-failed; Interrupted */
export async function chooseWriter(trial: WriterTrial, signal: AbortSignal): Promise<DerivationWriter> {
  const { host, nixVersion, facts } = trial;
  const key = [nixVersion, host.nixInstantiate];
  // What works is remembered; what does not may have been the machine's bad day.
  const works = facts.remember("writer", key, async () => {
    const seen = await tryServer(trial, signal);
    if (seen === undefined) return true;
    trial.warn(
      `Nix ${nixVersion} does not write to modprobot's own store (${seen}); evaluation goes through Nix's, and is slow`,
    );
    return undefined;
  });
  const caches = facts.remember("cache-writer", key, () => tryCaches(trial, signal));
  // Waits for both, so that nothing is left behind of one.
  await Promise.allSettled([works, caches]);
  if ((await works) !== true) return "nix";
  return (await caches) === true ? "cache" : "server";
}

/** A derivation, a text and a source, and reading that back from the store. */
const TRIAL = `
let source = "\${${CHECKOUT_INSIDE}/source}"; in
builtins.seq
  (derivation { name = "trial"; system = "x86_64-linux"; builder = builtins.toFile "text" source; }).drvPath
  (builtins.readFile source)
`;
const SOURCE = "read back";
const TRIAL_SECONDS = 60;

interface Trial {
  readonly evaluator: Evaluator;
  readonly server: StoreServer;
  /** Ends of the names of all that was written. */
  wrote(...ends: readonly string[]): Promise<boolean>;
}

/** With a store of its own, gone afterwards. */
async function inTrialStore<T>(
  { host, temporaryDirectory }: WriterTrial,
  caches: string | undefined,
  act: (trial: Trial) => Promise<T>,
): Promise<T> {
  const directory = await mkdtemp(join(temporaryDirectory, "writer-trial-"));
  const storeRoot = join(directory, "store");
  const source = join(directory, "source");
  try {
    await mkdir(storeRoot);
    await writeFile(source, SOURCE);
    await using server = await openStoreServer(storeRoot, undefined, caches);
    const evaluator: Evaluator = {
      host,
      checkout: [{ kind: "read-only", from: source, to: `${CHECKOUT_INSIDE}/source` }],
      storeRoot,
      writer: caches === undefined ? "server" : "cache",
      caches,
      system: "x86_64-linux",
      memoryBytes: 4 * 1024 ** 3,
    };
    const wrote = async (...ends: readonly string[]) => {
      const written = await readdir(join(storeRoot, NIX_DERIVATIONS));
      return ends.every((end) => written.some((name) => name.endsWith(end)));
    };
    return await act({ evaluator, server, wrote });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

const limits = { timeoutMs: TRIAL_SECONDS * 1000, onStderrLine: () => undefined };

/** What went wrong; `undefined` where nothing did. */
function tryServer(trial: WriterTrial, signal: AbortSignal): Promise<string | undefined> {
  return inTrialStore(trial, undefined, async ({ evaluator, server, wrote }) => {
    const { exitCode, stdout, stderr } = await runExpression(evaluator, TRIAL, limits, signal);
    await server.check();
    if (exitCode !== 0) return errorMessage(stderr.split("\n")) ?? `status ${exitCode}`;
    const complete = await wrote("-source", "-text", "-trial.drv");
    return complete && stdout.includes(SOURCE) ? undefined : "what it wrote is not there";
  });
}

/** The same, without reading back. */
const CACHE_TRIAL = `
let source = "\${${CHECKOUT_INSIDE}/source}"; in
(derivation { name = "trial"; system = "x86_64-linux"; builder = builtins.toFile "text" source; }).drvPath
`;
/** Where there is no such path, these have an answer. Here they may have none. */
const QUESTIONS = ["pathExists source", 'findFile [ { path = source; prefix = ""; } ] "x"'].map(
  (question) => `let source = "\${${CHECKOUT_INSIDE}/source}"; in builtins.tryEval (builtins.${question})`,
);

/** Whether caches will do for this Nix; `undefined` where the machine has no room for them now. */
async function tryCaches(trial: WriterTrial, signal: AbortSignal): Promise<boolean | undefined> {
  await using caches = await openCacheDirectory();
  if (caches === undefined) return undefined;
  // Awaited here: the caches are removed when this is left.
  return await inTrialStore(trial, caches.path, async ({ evaluator, server, wrote }) => {
    const [written, ...asked] = await Promise.all(
      [CACHE_TRIAL, ...QUESTIONS].map((expression) => runExpression(evaluator, expression, limits, signal)),
    );
    await server.check();
    const isWritten = written?.exitCode === 0 && (await wrote("-source", "-text", "-trial.drv"));
    return isWritten && asked.every(({ exitCode }) => exitCode !== 0);
  }).catch((error: unknown) => {
    // Nix itself is in /nix/store, so nothing else can be.
    if (error instanceof EnvironmentError && error.code === "jail-failed") return false;
    throw error;
  });
}
