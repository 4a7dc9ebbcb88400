/** Where a program is, as the shell would find it. */
import { access, constants, realpath } from "node:fs/promises";
import { dirname, join } from "node:path";
import { cleanEnvironment } from "../config/env.ts";

/** Absolute path of the first executable of that name on PATH. */
export async function findProgram(name: string): Promise<string | undefined> {
  for (const directory of (cleanEnvironment()["PATH"] ?? "").split(":")) {
    if (!directory.startsWith("/")) continue;
    const candidate = join(directory, name);
    try {
      await access(candidate, constants.X_OK);
      return candidate;
    } catch {
      // Not here, or not executable: the next directory may have it.
    }
  }
  return undefined;
}

/**
 * The same program without links in its directory. The last component is kept: Nix's programs are links to one
 * executable, which decides by the name it is called with.
 */
export async function withoutLinks(program: string): Promise<string> {
  const real = await realpath(program);
  return join(dirname(real), program.slice(program.lastIndexOf("/") + 1));
}
