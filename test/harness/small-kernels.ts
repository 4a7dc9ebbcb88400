/**
 * A package set so small that a whole check of it takes a second or two: a kernel without an image, what depends on it, and
 * what does not. For conversations in which something else matters than what is found.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { commitFiles, type Files, gitIn } from "../git/repositories.ts";
import type { LocalBranch } from "./github/story-pulls.ts";

export const RECIPE = "kernel.nix";
export const CONFIG = "kernels: [linux]\nrecipes: [kernel.nix]\nvmTests: []\n";
export const CONFIG_FILE = ".github/modprobot.yml";

const FILES: Files = {
  "default.nix": `{ system, config }:
let
  sh = name: script: derivation {
    inherit name system;
    builder = "/bin/sh";
    args = [ "-ec" script ];
    PATH = "/usr/bin:/bin";
  };
  linux = sh "linux-6.1" (import ./kernel.nix);
in
{
  inherit linux;
  tool = sh "tool" "cat \${linux}/version > $out";
  toolbox = sh "toolbox" "cat \${linux}/version \${linux}/version > $out";
  apart = sh "apart" "echo apart > $out";
  nixosTests = {
    recurseForDerivations = true;
    simple = sh "simple" "test -e \${linux}/version; echo ok > $out";
  };
}
`,
  [RECIPE]: recipe("one"),
  [CONFIG_FILE]: CONFIG,
  README: "kernels\n",
};

/** @param before a line of shell that is run first */
export function recipe(version: string, before = "true"): string {
  return `''\n  ${before}\n  mkdir $out\n  echo ${version} > $out/version\n''\n`;
}

export interface SmallKernels {
  readonly directory: string;
  /** A commit on top of `main`, or of another branch, on a branch of its own. */
  branch(name: string, files: Files, from?: string): LocalBranch;
}

/** One for all tests of a file; gone with it. */
export function smallKernels(files: Files = {}): SmallKernels {
  const directory = mkdtempSync(join(tmpdir(), "small-kernels-"));
  afterAll(() => rmSync(directory, { recursive: true, force: true }));
  gitIn(directory, "init", "--quiet", "--initial-branch=main");
  commitFiles(directory, { ...FILES, ...files }, "base");
  return {
    directory,
    branch(name, changed, from = "main") {
      gitIn(directory, "checkout", "--quiet", "-B", name, from);
      commitFiles(directory, changed, name);
      gitIn(directory, "checkout", "--quiet", "main");
      return { directory, branch: name };
    },
  };
}
