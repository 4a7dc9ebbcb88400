/**
 * Where the new App's credentials go: a key and a file of environment variables, both for their owner alone.
 *
 * GitHub shows the key once. So everything that could keep it from being written is looked for before GitHub is asked,
 * and a file that is there already is never written over unless that was asked for.
 */
import { access, chmod, constants, lstat, mkdir, open, rename, rm } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { EnvironmentError, UserError } from "../../errors.ts";

export interface SetupFiles {
  readonly directory: string;
  readonly key: string;
  readonly environment: string;
}

/** Looks and changes nothing. @throws UserError setup-exists, setup-directory */
export async function planFiles(directory: string, replace: boolean): Promise<SetupFiles> {
  const absolute = resolve(directory);
  // The same line is read by shells, by systemd and by containers, which agree on quotes in nothing.
  if (!/^[\w./+@,:=-]+$/.test(absolute)) {
    throw new UserError(
      "setup-directory",
      `${JSON.stringify(absolute)} has characters that do not fit into a file of environment variables`,
      "Give --out a path of letters, digits and . / + @ , : = - _ alone.",
    );
  }
  await requireWritable(absolute);
  const files = {
    directory: absolute,
    key: join(absolute, "private-key.pem"),
    environment: join(absolute, "modprobot.env"),
  };
  for (const file of [files.key, files.environment]) {
    if (!replace && (await lstat(file).catch(() => undefined)) !== undefined) throw exists(file);
  }
  return files;
}

/** The nearest directory that is there has to take what will be made below it. */
async function requireWritable(directory: string): Promise<void> {
  for (let place = directory; ; place = dirname(place)) {
    const found = await lstat(place).catch(() => undefined);
    if (found === undefined && place !== dirname(place)) continue;
    try {
      await access(place, constants.W_OK | constants.X_OK);
      return;
    } catch (cause) {
      throw new UserError(
        "setup-directory",
        `cannot write into ${JSON.stringify(place)}`,
        "Give --out a directory that this user may write to.",
        { cause },
      );
    }
  }
}

function exists(file: string): UserError {
  return new UserError(
    "setup-exists",
    `${JSON.stringify(file)} is there already, and may be the only copy of another App's credentials`,
    "Give another directory with --out, or --replace to write over it.",
  );
}

export interface Credentials {
  readonly privateKey: string;
  readonly environment: string;
}

/** @throws EnvironmentError setup-not-written */
export async function writeFiles(
  { directory, key, environment }: SetupFiles,
  { privateKey, environment: text }: Credentials,
  replace: boolean,
): Promise<void> {
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await writeSecret(key, privateKey, replace);
    await writeSecret(environment, text, replace);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new EnvironmentError(
      "setup-not-written",
      `the App is made, and its credentials could not be written: ${why}`,
      "GitHub does not show them again. Mend the cause, then make a private key and a webhook secret on the App's page:\nmodprobot setup --manual says how. Or delete the App there and run this again.",
      { cause },
    );
  }
}

async function writeSecret(file: string, text: string, replace: boolean): Promise<void> {
  const target = replace ? `${file}.${process.pid}.part` : file;
  try {
    await using handle = await open(target, "wx", 0o600);
    await handle.writeFile(text);
    await handle.sync();
  } catch (error) {
    if (replace) await rm(target, { force: true });
    throw error;
  }
  // A umask can only take away, and a directory may have default rights of its own.
  await chmod(target, 0o600);
  if (replace) await rename(target, file);
}
