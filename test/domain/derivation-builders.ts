/** Derivations for tests: only what a case is about has to be written. */
import type { Derivation } from "../../src/domain/derivation.ts";
import { storePath } from "./kernel-builders.ts";

export function derivation(name: string, more: Partial<Derivation> = {}): Derivation {
  return {
    path: `${storePath(`drv${name.replaceAll(/[^a-z0-9]/g, "")}`.slice(0, 32), name)}.drv`,
    name,
    outputs: {
      out: {
        path: storePath(`out${name.replaceAll(/[^a-z0-9]/g, "")}`.slice(0, 32), name),
        hashAlgo: "",
        hash: "",
      },
    },
    inputDrvs: new Map(),
    inputSrcs: [],
    system: "x86_64-linux",
    builder: "/bin/bash",
    args: [],
    env: {},
    ...more,
  };
}
