/** How Nix is set up: who this user is to it, and whether it makes room by itself. */
import { type Diagnosis, green, yellow } from "./diagnosis.ts";

export interface NixSetUp {
  /** Where builds go: through a daemon, or straight into a store this user may write to. */
  readonly access: "daemon" | "own-store";
  readonly user: string;
  readonly groups: readonly string[];
  readonly isRoot: boolean;
  /** `trusted-users`: names, `@group`, `*`. */
  readonly trustedUsers: readonly string[];
  /** What the daemon itself says, from Nix 2.14 on. */
  readonly trustedSays: boolean | undefined;
  /** Bytes. */
  readonly minFree: number;
  readonly maxFree: number;
}

/**
 * The right way is a daemon that does not trust this user: builds then run as users of their own, and what gets out of an
 * evaluation owns nothing. Trust is "essentially equivalent to giving that user root access" (nix.conf(5)), and without a
 * daemon a builder is this very user, who holds the App's key.
 */
export function judgeRights(facts: NixSetUp): Diagnosis {
  const { access, user, isRoot } = facts;
  if (isRoot) {
    return yellow(
      "modprobot runs as root: whatever gets out of a sandbox owns this machine",
      "Let it run as an ordinary user beside nix-daemon, or on a machine that has nothing else to lose.",
    );
  }
  if (access === "own-store") {
    return yellow(
      `${user} builds without a daemon: what gets out of a build is ${user}, who can read the App's key`,
      "Install Nix with its daemon, which builds as users of their own.",
    );
  }
  if (isTrusted(facts)) {
    return yellow(
      `the Nix daemon trusts ${user}, which is as good as being root, and modprobot has no need of it`,
      `Take ${user} and its groups out of trusted-users in the daemon's nix.conf, and start it again.`,
    );
  }
  return green(`${user} builds through the Nix daemon, which does not trust it with more than that`);
}

function isTrusted({ trustedSays, trustedUsers, user, groups }: NixSetUp): boolean {
  if (trustedSays !== undefined) return trustedSays;
  const names = new Set(["*", user, ...groups.map((group) => `@${group}`)]);
  return trustedUsers.some((name) => names.has(name));
}

/** Builds of kernels fill any disk; https://nix.dev/manual/nix/stable/command-ref/conf-file#conf-min-free */
export function judgeGarbage({ minFree, maxFree }: NixSetUp): Diagnosis {
  if (minFree === 0) {
    return yellow(
      "Nix never makes room by itself (min-free = 0): the store grows until the disk is full",
      "Put these lines into nix.conf: min-free = 21474836480 and max-free = 53687091200 (20 and 50 GiB).\nWhat a running check needs is rooted, and stays.",
    );
  }
  if (maxFree <= minFree)
    return yellow(
      `Nix would stop making room where it begins (max-free ${gibibytes(maxFree)} is not over min-free ${gibibytes(minFree)})`,
      "Raise max-free in nix.conf to at least twice min-free.",
    );
  // Without a max-free everything unused goes, base kernels that the next check needs again among it.
  const until = maxFree > 2 ** 60 ? "until nothing unused is left" : `until ${gibibytes(maxFree)} are free`;
  return green(`below ${gibibytes(minFree)} free Nix makes room, ${until}`);
}

function gibibytes(bytes: number): string {
  return `${Math.floor(bytes / 2 ** 30)} GiB`;
}
