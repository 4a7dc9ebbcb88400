/**
 * The program as a user runs it: `bin/modprobot` in a process of its own, on a real kernel repository made once a
 * test run. Vocabulary for the tests that tell stories.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import type { CheckResult } from "../../src/domain/check-result.ts";

export const PROJECT = new URL("../..", import.meta.url).pathname;

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Started {
  readonly ended: Promise<Ended>;
  readonly pid: number;
  /** Resolves when standard error has shown the text; rejects when the program ended without. */
  shows(text: string): Promise<void>;
  stderrSoFar(): string;
  /** The same for standard output. */
  says(text: string): Promise<void>;
  stdoutSoFar(): string;
}

export function start(
  file: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Started {
  const child = spawn(file, args, { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
  let stdout = "";
  let stderr = "";
  const waiting: {
    readonly text: string;
    readonly soFar: () => string;
    readonly resolve: () => void;
    readonly reject: (error: Error) => void;
  }[] = [];
  const tell = () => {
    for (const { text, soFar, resolve } of waiting) if (soFar().includes(text)) resolve();
  };
  const show = (soFar: () => string) => (text: string) =>
    new Promise<void>((resolve, reject) => {
      if (soFar().includes(text)) resolve();
      else waiting.push({ text, soFar, resolve, reject });
    });
  child.stdout.on("data", (chunk) => {
    stdout += chunk;
    tell();
  });
  child.stderr.on("data", (chunk) => {
    stderr += chunk;
    tell();
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (status) => {
      for (const { text, reject: fail } of waiting)
        fail(new Error(`ended before it showed ${text}:\n${stderr}`));
      resolve({ status, stdout, stderr });
    });
  });
  return {
    ended,
    pid: child.pid ?? 0,
    stderrSoFar: () => stderr,
    shows: show(() => stderr),
    stdoutSoFar: () => stdout,
    says: show(() => stdout),
  };
}

export function modprobot(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  return start(`${PROJECT}/bin/modprobot`, args, env).ended;
}

/** A directory that goes when the test file ends. Call it where tests are collected, not inside a hook. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "modprobot-test-"));
  afterAll(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** The kernel package set as a git repository with its branches. */
export async function makeKernelRepo(directory: string): Promise<void> {
  const made = await start(`${PROJECT}/bin/make-kernel-repo`, [directory]).ended;
  if (made.status !== 0) throw new Error(`bin/make-kernel-repo failed: ${made.stderr}`);
}

export function readReport(file: string): CheckResult {
  return JSON.parse(readFileSync(file, "utf8")) as CheckResult;
}
