/**
 * Branch advice: whether a change rebuilds so much that it belongs on a staging branch, as nixpkgs decides it
 * (https://github.com/NixOS/nixpkgs/blob/master/ci/github-script/check-target-branch-policy.ts).
 *
 * The larger operating system counts, not the sum. What was not counted never makes small numbers an all-clear; large ones
 * are large without it.
 */
import type { BranchAdvice, Rebuilds } from "./check-result.ts";
import { isNixosTest } from "./labels.ts";
import { osOf } from "./rebuilds.ts";

export interface BranchFacts {
  /** The branch the change is for; null where nobody said (the command line): then `master` is meant. */
  readonly baseRef: string | null;
  /** The branch it comes from, where that is one of the repository's own: a fork may call any branch `staging`. */
  readonly headRef: string | null;
  readonly rebuilds: Rebuilds;
  /** Whether the package set has the VM tests that stand for all NixOS tests. */
  readonly hasNixosTests: boolean;
  /** All changed files. */
  readonly changed: readonly string[];
}

const MASS_REBUILD = 1000;
const POSSIBLE_MASS_REBUILD = 500;
/** Home Assistant's own branch may go further. */
const HOME_ASSISTANT = { headRef: "wip-home-assistant", most: 1500 };
/** A kernel that is updated on its own and backported at once. */
const EXEMPT_FILE = "pkgs/os-specific/linux/kernel/xanmod-kernels.nix";

/** Branches that gather changes, and bring many when they are merged themselves. */
const PRIMARY = new Set(["master", "release"]);
const SECONDARY = new Set(["staging", "staging-next", "staging-nixos", "haskell-updates"]);

export function adviseBranch({
  baseRef,
  headRef,
  rebuilds,
  hasNixosTests,
  changed,
}: BranchFacts): BranchAdvice {
  const [base, head] = [partsOf(baseRef ?? "master"), partsOf(headRef ?? "")];
  const isPrimary = PRIMARY.has(base.name);
  const onStagingNixos = base.name === "staging-nixos";
  const brings = PRIMARY.has(head.name) || (SECONDARY.has(head.name) && !onStagingNixos);
  const isExemptFile = changed.length === 1 && changed[0] === EXEMPT_FILE;
  const common = {
    base: baseRef,
    rebuilds: mostRebuilds(rebuilds),
    predicted: Object.values(rebuilds.systems).some(({ status }) => status === "predicted"),
  };
  if ((!isPrimary && !onStagingNixos) || brings || isExemptFile)
    return { ...common, advice: "keep", branches: [], missing: [] };

  const missing = [...uncounted(rebuilds), ...(isPrimary && !hasNixosTests ? ["NixOS tests"] : [])];
  const count = common.rebuilds ?? 0;
  const isExempt = headRef === HOME_ASSISTANT.headRef && count <= HOME_ASSISTANT.most;
  const nixosTests = rebuildsNixosTests(rebuilds);
  const advise = (advice: BranchAdvice["advice"], ...names: readonly string[]): BranchAdvice => ({
    ...common,
    advice,
    branches: names.map((name) => (base.version === undefined ? name : `${name}-${base.version}`)),
    missing,
  });
  if (count >= MASS_REBUILD && !isExempt) return advise("mass-rebuild", "staging");
  if (nixosTests && isPrimary)
    return advise("nixos-rebuild", "staging-nixos", ...(count >= POSSIBLE_MASS_REBUILD ? ["staging"] : []));
  if (count >= POSSIBLE_MASS_REBUILD && !isExempt && !nixosTests)
    return advise("possible-mass-rebuild", "staging");
  return advise(missing.length > 0 ? "unknown" : "keep");
}

/** `staging-next-26.05` → `staging-next` and `26.05`. What follows a version is somebody's own. */
function partsOf(branch: string): { readonly name: string; readonly version: string | undefined } {
  const [, name = branch, version] = /^(.+?)-(\d\d\.\d\d)(?:-.*)?$/.exec(branch) ?? [];
  return { name, version };
}

function mostRebuilds({ os: { linux, darwin } }: Rebuilds): number | null {
  return linux === null && darwin === null ? null : Math.max(linux ?? 0, darwin ?? 0);
}

/** Systems that could not be counted, and operating systems of which none was asked for. */
function uncounted({ systems, os }: Rebuilds): string[] {
  const failed = Object.entries(systems).flatMap(([system, { attrs }]) => (attrs === null ? [system] : []));
  const absent = (["linux", "darwin"] as const).filter(
    (name) => os[name] === null && !failed.some((system) => osOf(system) === name),
  );
  return [...failed, ...absent].sort();
}

function rebuildsNixosTests({ systems }: Rebuilds): boolean {
  return Object.values(systems).some(({ changed }) => changed.some(isNixosTest));
}
