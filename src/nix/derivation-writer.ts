/**
 * Where an evaluation's derivations go: to a store we serve ourselves (`store-server/`), or, where this Nix does not get
 * along with it, to one that Nix writes on its own (`local?root=`), which takes several times as long as evaluating.
 *
 * Which of the two is tried once for each Nix, by an evaluation that writes and reads what every evaluation does. Both end in
 * the same packs and files.
 */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { StorePath } from "../domain/evaluation.ts";
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

/** Who writes: our server, or Nix itself. */
export type DerivationWriter = Exclude<Evaluator["writer"], "nobody">;

/**
 * Opens a new, empty store for one evaluation.
 * @param packs where derivations are to be in the end (`pack/`); without it they stay files of the store
 */
export function openStore(
  writer: Evaluator["writer"],
  storeRoot: string,
  packs?: PackPlace,
): Promise<StoreServer> {
  return writer === "server"
    ? openStoreServer(storeRoot, packs)
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
  // What works is remembered; what does not may have been the machine's bad day.
  const works = await facts.remember("writer", [nixVersion, host.nixInstantiate], async () => {
    const seen = await tryServer(trial, signal);
    if (seen === undefined) return true;
    trial.warn(
      `Nix ${nixVersion} does not write to modprobot's own store (${seen}); evaluation goes through Nix's, and is slow`,
    );
    return undefined;
  });
  return works === true ? "server" : "nix";
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

/** What went wrong; `undefined` where nothing did. */
async function tryServer({ host, temporaryDirectory }: WriterTrial, signal: AbortSignal) {
  const directory = await mkdtemp(join(temporaryDirectory, "writer-trial-"));
  const storeRoot = join(directory, "store");
  const source = join(directory, "source");
  try {
    await mkdir(storeRoot);
    await writeFile(source, SOURCE);
    await using server = await openStoreServer(storeRoot);
    const evaluator: Evaluator = {
      host,
      checkout: [{ kind: "read-only", from: source, to: `${CHECKOUT_INSIDE}/source` }],
      storeRoot,
      writer: "server",
      system: "x86_64-linux",
      memoryBytes: 4 * 1024 ** 3,
    };
    const limits = { timeoutMs: TRIAL_SECONDS * 1000, onStderrLine: () => undefined };
    const { exitCode, stdout, stderr } = await runExpression(evaluator, TRIAL, limits, signal);
    await server.check();
    if (exitCode !== 0) return errorMessage(stderr.split("\n")) ?? `status ${exitCode}`;
    const written = await readdir(join(storeRoot, NIX_DERIVATIONS));
    const complete = ["-source", "-text", "-trial.drv"].every((end) =>
      written.some((name) => name.endsWith(end)),
    );
    return complete && stdout.includes(SOURCE) ? undefined : "what it wrote is not there";
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
