/**
 * A package set whose check has every stage and takes seconds: a "kernel" that is copied together, an image of a few
 * bytes that QEMU really starts, a consumer that breaks when the modules move.
 *
 * Each branch is a change nobody has built before, so that a check of it finds nothing ready.
 */
import { randomUUID } from "node:crypto";
import { tinyImage } from "../../src/vm/tiny-image.ts";
import { commitFiles, gitIn, repositoryOf } from "../git/repositories.ts";

/** As `createRepository` and `openPullRequest` want it. */
export interface SmallKernels {
  readonly directory: string;
  /** A branch that moves the modules to an output of their own, which breaks a consumer. */
  branch(name: string, slow?: Partial<Slowness>): string;
}

/** Seconds that each build sleeps: moments in which something may die. */
interface Slowness {
  readonly kernel: number;
  readonly consumer: number;
}
const QUICK: Slowness = { kernel: 0.5, consumer: 0.3 };

const packageSet = ({ consumer }: Slowness) => `
{ system, config }:
let
  sh = name: script: more: derivation ({ inherit name system; builder = "/bin/sh"; args = [ "-ec" script ]; PATH = "/usr/bin:/bin"; } // more);
in rec {
  linux = import ./pkgs/os-specific/linux/kernel/build.nix { inherit sh; };
  copies-modules = sh "copies-modules" "sleep ${consumer}; mkdir $out; cp -r $linux/lib/modules $out/" { inherit linux; };
  names-image = sh "names-image" "sleep ${consumer}; test -e $linux/bzImage; mkdir $out" { inherit linux; };
  test-of-image = sh "test-of-image" "sleep 0.3; test -s $linux/bzImage; mkdir $out" { inherit linux; };
}
`;

const CONFIG = `
recipes: [pkgs/os-specific/linux/kernel/**]
kernels: [linux]
vmTests: [test-of-image]
modprobe: [dummy]
labels: true
limits: { vmSeconds: 20, vmMemory: 128 MiB }
`;

const recipe = (nonce: string, { kernel }: Slowness, outputs: string, modules: string) => `{ sh }:
sh "linux-6.1" ''
  sleep ${kernel}
  mkdir -p $out ${modules}/lib/modules/6.1/kernel
  base64 -d $image > $out/bzImage
  echo nothing > ${modules}/lib/modules/6.1/kernel/dummy.ko
  : > ${modules}/lib/modules/6.1/modules.dep
'' { outputs = ${outputs}; image = ./image; nonce = "${nonce}"; }
`;
const RECIPE = "pkgs/os-specific/linux/kernel/build.nix";

/** Call it within a test. */
export function smallKernels(): SmallKernels {
  const nonce = randomUUID();
  const directory = repositoryOf({
    "default.nix": packageSet(QUICK),
    ".github/modprobot.yml": CONFIG,
    [RECIPE]: recipe(nonce, QUICK, '[ "out" ]', "$out"),
    "pkgs/os-specific/linux/kernel/image": tinyImage("nothing boots here\r\n", "reset").toString("base64"),
  });
  return {
    directory,
    branch(name, slow = {}) {
      const slowness = { ...QUICK, ...slow };
      gitIn(directory, "checkout", "--quiet", "-b", name, "main");
      commitFiles(directory, {
        "default.nix": packageSet(slowness),
        [RECIPE]: recipe(`${nonce} ${name}`, slowness, '[ "out" "modules" ]', "$modules"),
      });
      return name;
    },
  };
}
