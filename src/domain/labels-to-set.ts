/**
 * Labels: which ones a pull request gets from a result, which ones are ours to take away, how they look.
 *
 * Ours are those that start with `modprobot: `, and nixpkgs' `10.rebuild-…` where the configuration says that
 * we set them, and then only for operating systems that we evaluate: another bot may know about the others.
 */
import { isBroken } from "./broken-consumers.ts";
import type { CheckResult } from "./check-result.ts";
import type { System } from "./evaluation.ts";

export interface LabelStyle {
  /** Six hexadecimal digits. */
  readonly color: string;
  /** GitHub takes 100 characters. */
  readonly description: string;
}

/** At most 50 characters each, GitHub's limit. */
export const OWN_LABELS = {
  "modprobot: breaks-consumers": {
    color: "d73a4a",
    description: "Something that uses the kernel no longer builds, evaluates, or holds what it held",
  },
  "modprobot: build-fails": { color: "d73a4a", description: "A kernel that built at base fails at head" },
  "modprobot: boot-fails": {
    color: "d73a4a",
    description: "A kernel no longer boots or loads its modules, or a VM test fails",
  },
  "modprobot: breaks-evaluation": {
    color: "d73a4a",
    description: "Attributes that evaluate at base fail at head",
  },
  "modprobot: over-size-limit": { color: "d93f0b", description: "An output grew over its configured limit" },
  "modprobot: not-checked": {
    color: "fbca04",
    description: "Some part should have run and could not; the comment says why",
  },
  "modprobot: needs-approval": {
    color: "c5def5",
    description: "Builds and boots wait for somebody with write access: /modprobot approve",
  },
} as const satisfies Record<string, LabelStyle>;
export type OwnLabel = keyof typeof OWN_LABELS;

export interface LabelSettings {
  /** Set nixpkgs' rebuild labels too. */
  readonly rebuilds: boolean;
  readonly systems: readonly System[];
}

/** Sorted. @param waiting builds wait for an approval */
export function labelsToSet(result: CheckResult, settings: LabelSettings, waiting = false): string[] {
  const kinds = new Set(result.findings.map(({ kind }) => kind));
  const own: readonly (OwnLabel | false)[] = [
    result.consumers.some(isBroken) && "modprobot: breaks-consumers",
    kinds.has("kernel-build-broken") && "modprobot: build-fails",
    (kinds.has("boot-regressed") || kinds.has("vm-test-regressed")) && "modprobot: boot-fails",
    kinds.has("attr-broken") && "modprobot: breaks-evaluation",
    kinds.has("size-limit") && "modprobot: over-size-limit",
    !waiting && result.stages.some(({ status }) => status === "not-run") && "modprobot: not-checked",
    waiting && "modprobot: needs-approval",
  ];
  const rebuilds = settings.rebuilds ? result.rebuilds.labels : [];
  return [...own.filter((label) => label !== false), ...rebuilds].sort();
}

/** Whether a label is ours to take away. */
export function isOurLabel(label: string, settings: LabelSettings): boolean {
  const name = label.toLowerCase();
  if (name.startsWith("modprobot: ")) return true;
  if (!settings.rebuilds) return false;
  if (name === "10.rebuild-nixos-tests") return true;
  return (["linux", "darwin"] as const).some(
    (os) =>
      new RegExp(`^10\\.rebuild-${os}(?:: [0-9]+(?:-[0-9]+|\\+)?|-stdenv)$`).test(name) &&
      settings.systems.some((system) => system.endsWith(`-${os}`)),
  );
}

/** How a label looks where a repository does not have it yet. */
export function labelStyle(label: string): LabelStyle {
  const own: Readonly<Record<string, LabelStyle>> = OWN_LABELS;
  if (Object.hasOwn(own, label)) return own[label] ?? PLAIN;
  return label.startsWith("10.rebuild-") ? REBUILD : PLAIN;
}

const REBUILD: LabelStyle = { color: "eeffee", description: "How many packages this change rebuilds" };
const PLAIN: LabelStyle = { color: "ededed", description: "Set by modprobot" };
