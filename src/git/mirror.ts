/**
 * Mirror: a bare repository of ours that borrows the objects of the caller's and has none of its configuration.
 *
 * Files are laid out and compared through it, so that filters, helpers and hooks of the other one are not merely
 * switched off but unknown. Borrowing (`objects/info/alternates`, https://git-scm.com/docs/gitrepository-layout)
 * costs milliseconds even for nixpkgs, where copying would take minutes; so each run makes its own, and nothing
 * of an earlier or a concurrent one is ever met.
 */
import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { EnvironmentError } from "../errors.ts";
import { git, gitSaid } from "./git-command.ts";
import type { Repository } from "./repository.ts";

/** @returns its git directory, below `temporaryDirectory`. */
export async function makeMirror(
  repository: Repository,
  temporaryDirectory: string,
  signal: AbortSignal,
): Promise<string> {
  const directory = await mkdtemp(join(temporaryDirectory, "mirror-"));
  const made = await git(
    ["init", "--quiet", "--bare", "--template=", `--object-format=${repository.objectFormat}`, directory],
    { signal },
  );
  if (made.exitCode !== 0) {
    throw new EnvironmentError(
      "git-failed",
      `git could not make a repository below ${JSON.stringify(temporaryDirectory)}: ${gitSaid(made)}`,
      "Free some space there, or choose another place with the environment variable TMPDIR.",
    );
  }
  await mkdir(join(directory, "objects", "info"), { recursive: true });
  const objects = join(repository.commonDirectory, "objects");
  await writeFile(join(directory, "objects", "info", "alternates"), `${quoteAlternate(objects)}\n`);
  if (repository.shallow !== undefined) await writeFile(join(directory, "shallow"), repository.shallow);
  return directory;
}

/** Lines that start with `"` are read as C strings, those with `#` as comments. */
function quoteAlternate(path: string): string {
  if (!/^["#]|[\n\\]/.test(path)) return path;
  return `"${path.replace(/["\\]/g, "\\$&").replaceAll("\n", "\\n")}"`;
}
