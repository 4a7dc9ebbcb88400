/**
 * The kernel package set as a repository on the fake GitHub. What is checked of it is the kernel that Debian has built:
 * the configuration at base leaves out the one that is compiled from source.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { commitFiles, type Files, gitIn } from "../git/repositories.ts";
import type { Owner } from "./github/cast.ts";
import type { GitHub } from "./github/github.ts";
import type { LocalBranch } from "./github/story-pulls.ts";
import type { Repository } from "./github/world.ts";
import { PROJECT } from "./modprobot.ts";

const ONE_KERNEL = readFileSync(`${PROJECT}/test/kernel-repo/demo.yml`, "utf8");

export interface KernelsOptions {
  /** Made by `makeKernelRepo`. */
  readonly from: string;
  readonly name: string;
  readonly owner?: Owner;
  /** YAML below what restricts it to the one kernel. */
  readonly config?: string;
}

/** With the branch `main`; pull requests come from the local repository. */
export async function createKernels(github: GitHub, options: KernelsOptions): Promise<Repository> {
  const { config = "", ...more } = options;
  const repository = await github.createRepository({ ...more, branches: ["main"] });
  await github.moveBase(repository, { ".github/modprobot.yml": ONE_KERNEL + config });
  return repository;
}

/** A commit on top of `from`, on a branch of its own; the work tree is at `main` again afterwards. */
export function branchWith(directory: string, branch: string, from: string, files: Files): LocalBranch {
  gitIn(directory, "checkout", "--quiet", "-B", branch, from);
  commitFiles(directory, files, branch);
  gitIn(directory, "checkout", "--quiet", "main");
  return { directory, branch };
}

/** A file of the work tree, which is at `main`, with something else in a place. */
export function edited(directory: string, path: string, from: string, to: string): Files {
  const text = readFileSync(join(directory, path), "utf8");
  if (!text.includes(from)) throw new Error(`${path} does not say ${from}`);
  return { [path]: text.replace(from, () => to) };
}
