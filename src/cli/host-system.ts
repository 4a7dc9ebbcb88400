/** The Nix system of this machine: what it can build and boot without help. */
import type { System } from "../domain/evaluation.ts";

const ARCHITECTURES: Readonly<Record<string, string>> = {
  x64: "x86_64",
  arm64: "aarch64",
  arm: "armv7l",
  riscv64: "riscv64",
  ia32: "i686",
};

export function hostSystem(): System {
  return `${ARCHITECTURES[process.arch] ?? process.arch}-${process.platform}`;
}
