/** A Nix that behaves otherwise. */
import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { findHostPrograms, type HostPrograms } from "../../src/nix/jail-mounts.ts";
import { signal, type Workplace } from "./package-set.ts";

/** What `nix-instantiate` is instead: a shell script, in whose place the real one is `$real`. */
export async function withWrapper(place: Workplace, name: string, script: string): Promise<HostPrograms> {
  const wrapper = join(place.directory, name);
  await writeFile(wrapper, `#!/bin/sh\nreal=nix-instantiate\n${script}\n`);
  await chmod(wrapper, 0o755);
  const real = await findHostPrograms(signal);
  const mount = { kind: "read-only" as const, from: wrapper, to: `/${name}` };
  return { ...real, mounts: [...real.mounts, mount], nixInstantiate: `/${name}` };
}
