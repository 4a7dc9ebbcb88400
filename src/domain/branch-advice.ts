/**
 * Branch advice: whether a change rebuilds so much that it belongs on a staging branch, as nixpkgs decides it
 * (https://github.com/NixOS/nixpkgs/blob/master/ci/github-script/check-target-branch-policy.ts).
 *
 * The larger operating system counts, not the sum. Where a count is not known, small ones of the other give no all-clear.
 */

export interface BranchFacts {
  /** The branch the change is for; null where nobody said (the command line): then a primary one is meant. */
  readonly baseRef: string | null;
  /** The branch it comes from, without its owner. */
  readonly headRef: string | null;
  /** Attr rebuilds; null where not known. */
  readonly rebuilds: { readonly linux: number | null; readonly darwin: number | null };
  /** Whether one of the VM tests is rebuilt that stand for all NixOS tests. */
  readonly nixosTests: boolean;
  /** All changed files. */
  readonly changed: readonly string[];
}

export type BranchAdvice =
  /** It is right where it is, or its branch takes everything. */
  | { readonly kind: "keep" }
  | { readonly kind: "unknown" }
  /** At least `MASS_REBUILD`: it belongs on `branch`. */
  | { readonly kind: "mass-rebuild"; readonly rebuilds: number; readonly branch: string }
  /** At least `POSSIBLE_MASS_REBUILD`: probably on `branch`. */
  | { readonly kind: "possible-mass-rebuild"; readonly rebuilds: number; readonly branch: string }
  /** Every NixOS test is rebuilt. */
  | { readonly kind: "nixos-rebuild"; readonly branch: string };

export const MASS_REBUILD = 1000;
export const POSSIBLE_MASS_REBUILD = 500;
/** Home Assistant's own branch may go further. */
const HOME_ASSISTANT = { headRef: "wip-home-assistant", most: 1500 };
/** A kernel that is updated on its own and backported at once. */
const EXEMPT_FILE = "pkgs/os-specific/linux/kernel/xanmod-kernels.nix";

const PRIMARY = /^(?:master|release-(\d\d\.\d\d))$/;
const STAGING_NIXOS = /^staging-nixos(?:-(\d\d\.\d\d))?$/;
/** Branches that gather large changes, and bring them when they are merged themselves. */
const DEVELOPMENT = /^(?:staging(?:-next|-nixos)?(?:-\d\d\.\d\d)?|haskell-updates|python-updates)$/;

export function adviseBranch({ baseRef, headRef, rebuilds, nixosTests, changed }: BranchFacts): BranchAdvice {
  const base = baseRef ?? "master";
  const onStagingNixos = STAGING_NIXOS.test(base);
  if (!PRIMARY.test(base) && !onStagingNixos) return { kind: "keep" };
  if (headRef !== null && DEVELOPMENT.test(headRef) && !onStagingNixos) return { kind: "keep" };
  if (changed.length === 1 && changed[0] === EXEMPT_FILE) return { kind: "keep" };

  const most = Math.max(rebuilds.linux ?? 0, rebuilds.darwin ?? 0);
  const isExempt = headRef === HOME_ASSISTANT.headRef && most <= HOME_ASSISTANT.most;
  const version = (PRIMARY.exec(base) ?? STAGING_NIXOS.exec(base))?.[1];
  const branch = (name: string) => (version === undefined ? name : `${name}-${version}`);
  if (most >= MASS_REBUILD && !isExempt)
    return { kind: "mass-rebuild", rebuilds: most, branch: branch("staging") };
  if (nixosTests)
    return onStagingNixos ? { kind: "keep" } : { kind: "nixos-rebuild", branch: branch("staging-nixos") };
  if (most >= POSSIBLE_MASS_REBUILD && !isExempt)
    return { kind: "possible-mass-rebuild", rebuilds: most, branch: branch("staging") };
  return rebuilds.linux === null || rebuilds.darwin === null ? { kind: "unknown" } : { kind: "keep" };
}
