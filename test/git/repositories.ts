/** Small repositories for tests, made with the real git and an environment that knows nobody's settings. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";

const ENVIRONMENT = {
  PATH: process.env["PATH"],
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_AUTHOR_NAME: "A",
  GIT_AUTHOR_EMAIL: "a@example.org",
  GIT_AUTHOR_DATE: "2025-01-01T00:00:00Z",
  GIT_COMMITTER_NAME: "A",
  GIT_COMMITTER_EMAIL: "a@example.org",
  GIT_COMMITTER_DATE: "2025-01-01T00:00:00Z",
};

/** Removed when the test ends. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "git-test-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

export function gitIn(directory: string, ...args: string[]): string {
  return execFileSync("git", ["-C", directory, ...args], {
    env: ENVIRONMENT,
    encoding: "utf8",
    stdio: "pipe",
  }).trim();
}

/** A path's text; `{ link }` for a symbolic link; `null` to remove it. */
export type Files = Readonly<Record<string, string | { readonly link: string } | null>>;

export function writeFiles(directory: string, files: Files): void {
  for (const [name, content] of Object.entries(files)) {
    const path = join(directory, name);
    rmSync(path, { force: true });
    if (content === null) continue;
    mkdirSync(dirname(path), { recursive: true });
    if (typeof content === "string") writeFileSync(path, content);
    else symlinkSync(content.link, path);
  }
}

export function commitFiles(directory: string, files: Files, message = "change"): string {
  writeFiles(directory, files);
  gitIn(directory, "add", "--all");
  gitIn(directory, "commit", "--quiet", "--allow-empty", "--message", message);
  return gitIn(directory, "rev-parse", "HEAD");
}

export function emptyRepository(): string {
  const directory = temporaryDirectory();
  gitIn(directory, "init", "--quiet", "--initial-branch=main");
  return directory;
}

/** Branch `main` with one commit of the given files. */
export function repositoryOf(files: Files): string {
  const directory = emptyRepository();
  commitFiles(directory, files, "base");
  return directory;
}
