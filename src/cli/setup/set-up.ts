/**
 * `modprobot setup`, as a story: see that what GitHub will give can be kept, wait for somebody's browser to come back from
 * GitHub, keep it, say what is next.
 *
 * Interrupted while it waits, it leaves nothing: there is no App yet and no file. Once GitHub has given its code there is
 * an App, and its key exists nowhere else, so that last step is gone through to its end.
 */
import { randomBytes } from "node:crypto";
import type { AppManifest } from "../../domain/app-manifest.ts";
import { registrationAddress } from "../../domain/app-manifest.ts";
import { EnvironmentError, Interrupted } from "../../errors.ts";
import { type GitHubPlace, gitHubAddress } from "../../github/address.ts";
import { type CreatedApp, createAppFromManifest } from "../../github/create-app.ts";
import { planFiles, type SetupFiles, writeFiles } from "./setup-files.ts";
import { startSetupServer } from "./setup-server.ts";
import { environmentText, nextSteps, openThis } from "./setup-texts.ts";

export interface SetUpOptions {
  readonly github: GitHubPlace;
  /** Filled in: name and addresses are those of this App. */
  readonly manifest: AppManifest;
  readonly publicUrl: string;
  readonly organization: string | undefined;
  readonly out: string;
  readonly replace: boolean;
  readonly port: number;
  readonly waitMs: number;
  readonly tell: (text: string) => void;
  readonly warn: (text: string) => void;
}

/** Of the last step, which nothing else may end. */
const COMPLETE_MS = 120_000;

/** @throws UserError, EnvironmentError, Interrupted */
export async function setUp(options: SetUpOptions, signal: AbortSignal): Promise<void> {
  const { github, manifest, organization, replace, tell, warn } = options;
  if (signal.aborted) throw new Interrupted();
  const files = await planFiles(options.out, replace);
  const { gitUrl } = gitHubAddress(github);
  const server = await startSetupServer({
    registration: registrationAddress(gitUrl, organization),
    manifest,
    owner: organization,
    port: options.port,
    complete: (code) => complete(code, options, files),
    onRefused: (why) => warn(`refused: ${why}`),
  });
  try {
    tell(openThis(server.url, server.port, options.waitMs));
    const made = await ended(server, options.waitMs, signal);
    if (made.secretIsOurs)
      warn(
        `GitHub made no webhook secret. One was made here: copy it from ${files.environment} to "Webhook secret" on the App's page.`,
      );
    tell(nextSteps(made, files, options.publicUrl));
  } finally {
    await server.close();
  }
}

export interface KeptApp extends Pick<CreatedApp, "id" | "name" | "pageUrl"> {
  /** GitHub does not know it yet. */
  readonly secretIsOurs: boolean;
}

async function complete(code: string, options: SetUpOptions, files: SetupFiles): Promise<KeptApp> {
  const { github, publicUrl, replace, warn } = options;
  const log = { info() {}, warn: (_data: object, message: string) => warn(message) };
  const created = await createAppFromManifest({ ...github, log }, code, AbortSignal.timeout(COMPLETE_MS));
  const { id, name, pageUrl, privateKey } = created;
  const given = usableSecret(created.webhookSecret);
  const environment = environmentText({
    app: created,
    keyFile: files.key,
    webhookSecret: given ?? randomBytes(32).toString("hex"),
    publicUrl,
    host: github.host,
  });
  await writeFiles(files, { privateKey, environment }, replace);
  return { id, name, pageUrl, secretIsOurs: given === undefined };
}

/** Other characters would need quotes, which not everybody who reads the file understands. */
function usableSecret(secret: string | null): string | undefined {
  return secret !== null && /^[\w.~+/=-]{16,}$/.test(secret) ? secret : undefined;
}

interface Waiting<T> {
  readonly outcome: Promise<T>;
  isTaken(): boolean;
}

/** @throws EnvironmentError setup-timeout; Interrupted; what the last step threw */
async function ended<T>(server: Waiting<T>, waitMs: number, signal: AbortSignal): Promise<T> {
  const { promise: givenUp, reject } = Promise.withResolvers<never>();
  const giveUp = (error: Error) => {
    if (!server.isTaken()) reject(error);
  };
  const timer = setTimeout(() => giveUp(tooLate(waitMs)), waitMs);
  const onAbort = () => giveUp(new Interrupted());
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([server.outcome, givenUp]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", onAbort);
  }
}

function tooLate(waitMs: number): EnvironmentError {
  return new EnvironmentError(
    "setup-timeout",
    `nobody came back from GitHub within ${Math.round(waitMs / 60_000)} minutes`,
    "Nothing was written. Run modprobot setup again; --wait gives more time, up to the hour that GitHub's code is good for.\nWhere no browser can get to this machine, modprobot setup --manual says how to do it by hand.",
  );
}
