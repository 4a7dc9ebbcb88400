/**
 * What one value alone cannot show: values that contradict each other, and values that are allowed and
 * probably not meant. Each rule is a small function from the configuration to what it has to say.
 *
 * Errors stop the check, warnings do not.
 */
import type { Config, ConfigKey } from "./normalized.ts";
import type { DataPath } from "./yaml-document.ts";

export interface Complaint {
  readonly severity: "error" | "warning";
  readonly path: DataPath;
  readonly message: string;
}

interface Rule {
  /** Keys it reads; with one of them mistaken already, it says nothing. */
  readonly reads: readonly ConfigKey[];
  readonly check: (config: Config) => readonly Complaint[];
}

export const RULES: readonly Rule[] = [
  { reads: ["recipes"], check: recipesChooseSomething },
  { reads: ["limits"], check: silenceFitsIntoBuild },
  { reads: ["limits"], check: memoryIsEnough },
  { reads: ["consumers"], check: repositoriesOnce },
  { reads: ["systems"], check: ({ systems }) => repeated("systems", systems) },
  { reads: ["kernels"], check: ({ kernels }) => repeated("kernels", kernels) },
  { reads: ["vmTests"], check: ({ vmTests }) => repeated("vmTests", vmTests) },
  {
    reads: ["modprobe"],
    check: ({ modprobe }) =>
      repeated(
        "modprobe",
        modprobe.map((request) => request.module),
      ),
  },
];

/** @param mistaken keys that hold a default because what was written is no value. */
export function complaints(config: Config, mistaken: ReadonlySet<ConfigKey>): Complaint[] {
  return RULES.flatMap((rule) => (rule.reads.some((key) => mistaken.has(key)) ? [] : rule.check(config)));
}

function recipesChooseSomething({ recipes }: Config): Complaint[] {
  if (recipes.some((glob) => !glob.startsWith("!"))) return [];
  return [
    {
      severity: "error",
      path: ["recipes"],
      message: "every glob takes away and none adds; allowed: at least one without !",
    },
  ];
}

function silenceFitsIntoBuild({ limits }: Config): Complaint[] {
  if (limits.silentSeconds <= limits.buildSeconds) return [];
  const message = `${limits.silentSeconds} never takes effect: builds end after buildSeconds, ${limits.buildSeconds}`;
  return [{ severity: "warning", path: ["limits", "silentSeconds"], message }];
}

/** Below these, nothing at all can run: the evaluator's own start, and a kernel with an initial file system. */
const LEAST_EVALUATION_BYTES = 128 * 2 ** 20;
const LEAST_VM_MEGABYTES = 128;

function memoryIsEnough({ limits }: Config): Complaint[] {
  const { evaluation } = limits;
  const tooSmall = (key: string): Complaint => ({
    severity: "error",
    path: ["limits", key],
    message: "too small for anything to run; allowed: at least 128 MiB",
  });
  return [
    ...(evaluation.kind === "bytes" && evaluation.bytes < LEAST_EVALUATION_BYTES
      ? [tooSmall("evaluation")]
      : []),
    ...(limits.vmMemory < LEAST_VM_MEGABYTES ? [tooSmall("vmMemory")] : []),
  ];
}

function repositoriesOnce({ consumers }: Config): Complaint[] {
  const seen = new Set<string>();
  return consumers.repositories.flatMap(({ repository, entry }, index) => {
    const key = `${repository.toLowerCase()}\0${entry}`;
    if (!seen.has(key)) {
      seen.add(key);
      return [];
    }
    const path = ["consumers", "repositories", index, "repository"];
    return [
      {
        severity: "error" as const,
        path,
        message: `${repository} is listed before; allowed: each repository and entry once`,
      },
    ];
  });
}

function repeated(key: ConfigKey, names: readonly string[]): Complaint[] {
  return names.flatMap((name, index) =>
    names.indexOf(name) < index
      ? [
          {
            severity: "warning" as const,
            path: [key, index],
            message: `${JSON.stringify(name)} is listed before; once is enough`,
          },
        ]
      : [],
  );
}
