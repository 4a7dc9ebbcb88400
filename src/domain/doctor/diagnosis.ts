/**
 * What `modprobot doctor` says about one thing: how it looks, what was seen, what to do.
 *
 * Green is said of what was looked at and found well, and of nothing else: what could not be looked at is `not-checked`.
 * Red means that modprobot does not work, or does not work safely; yellow, that it works and somebody should know.
 */
export type Light = "green" | "yellow" | "red" | "not-checked";

export interface Diagnosis {
  readonly light: Light;
  /** One sentence, without a full stop at its end. */
  readonly seen: string;
  /** What to do; one step a line. Absent where nothing is to be done. */
  readonly remedy?: string;
}

/** Everything that is looked at, in the order in which it is told. */
export const EXAMINATIONS = {
  nix: "Nix",
  "nix-sandbox": "Build sandbox",
  "nix-rights": "Rights of this user",
  "nix-garbage": "Garbage collection",
  jail: "Evaluation jail",
  qemu: "QEMU",
  kvm: "KVM",
  git: "Git",
  "disk-data": "Disk for data",
  "disk-store": "Disk for the store",
  database: "Database",
  settings: "Settings",
  "private-key": "Private key file",
  clock: "Clock",
  app: "GitHub App",
  permissions: "Permissions and events",
  installations: "Installations",
  "webhook-secret": "Webhook secret",
  "webhook-address": "Webhook address",
  "webhook-deliveries": "Webhook deliveries",
} as const;

export type ExaminationId = keyof typeof EXAMINATIONS;

export const green = (seen: string): Diagnosis => ({ light: "green", seen });
export const yellow = (seen: string, remedy: string): Diagnosis => ({ light: "yellow", seen, remedy });
export const red = (seen: string, remedy: string): Diagnosis => ({ light: "red", seen, remedy });
export const notChecked = (why: string, remedy?: string): Diagnosis => ({
  light: "not-checked",
  seen: why,
  ...(remedy === undefined ? {} : { remedy }),
});

const ORDER: readonly Light[] = ["green", "not-checked", "yellow", "red"];

/** The worst of them; what was not looked at is worse than what is well. */
export function worstOf(lights: readonly Light[]): Light {
  return lights.reduce<Light>(
    (worst, one) => (ORDER.indexOf(one) > ORDER.indexOf(worst) ? one : worst),
    "green",
  );
}
