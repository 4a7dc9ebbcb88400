/**
 * Configuration, normalised: what everything but `config/` sees. Every value is there, every unit is fixed.
 *
 * `schema.ts` is the form people write, with its descriptions and defaults; `config.ts` leads from one to the
 * other. Nothing here is a secret or a privilege: the file lies in the repository and is read at base.
 */
import type { AuthorPolicy, GatedCommand } from "../domain/command-policy.ts";
import type { Json } from "../domain/derivation.ts";
import type { AttrPath, OutputName, System } from "../domain/evaluation.ts";
import type { MemoryBudget } from "../domain/memory-budget.ts";
import type { SizeLimit } from "../domain/size-limits.ts";
import type { ModprobeRequest } from "../domain/vm.ts";

/** Top-level keys of the file. */
export type ConfigKey =
  | "entry"
  | "nixpkgsConfig"
  | "systems"
  | "recipes"
  | "kernels"
  | "vmTests"
  | "modprobe"
  | "consumers"
  | "sizes"
  | "labels"
  | "stagingBranches"
  | "commands"
  | "limits";

export interface Config {
  /** File below the root of the repository, called with `{ system, config }`. */
  readonly entry: string;
  readonly nixpkgsConfig: Readonly<Record<string, Json>>;
  readonly systems: readonly System[];
  /** Globs; those that start with `!` take away from the others. See `match-recipes.ts`. */
  readonly recipes: readonly string[];
  readonly kernels: readonly AttrPath[];
  readonly vmTests: readonly AttrPath[];
  readonly modprobe: readonly ModprobeRequest[];
  readonly consumers: ConsumersConfig;
  /** Output name → limits, all of which hold. */
  readonly sizes: Readonly<Record<OutputName, readonly SizeLimit[]>>;
  /** Whether a pull request gets the rebuild labels; the report lists them either way. */
  readonly labels: boolean;
  /** Whether the report says that a change belongs on a staging branch. */
  readonly stagingBranches: boolean;
  readonly commands: CommandsConfig;
  readonly limits: Limits;
  /** Keys the file has. A default that does not fit a repository is dropped, what somebody wrote is a mistake. */
  readonly written: ReadonlySet<ConfigKey>;
}

export interface ConsumersConfig {
  /** Whether consumers are also looked for in the derivation graph and the sources. */
  readonly auto: boolean;
  /** Attributes that are always built and compared. */
  readonly attrs: readonly AttrPath[];
  readonly repositories: readonly ConsumerRepository[];
}

/** Another repository that is built with this tree in place of its input. */
export interface ConsumerRepository {
  /** `owner/name` on GitHub. */
  readonly repository: string;
  /** Full commit hash: a branch would make the same check mean different things. */
  readonly revision: string;
  readonly entry: string;
  /** The argument or input that this tree takes the place of. */
  readonly input: string;
  readonly attrs: readonly AttrPath[];
}

export interface CommandsConfig extends Readonly<Record<GatedCommand, Permission>> {
  /** Whose pull requests are built and booted without approval. */
  readonly authors: AuthorPolicy;
}
/** Of the person who writes the command, on the repository, in GitHub's words. */
export type Permission = "read" | "triage" | "write" | "maintain" | "admin";

export interface Limits {
  /** One evaluation of one tree for one system. */
  readonly evaluationSeconds: number;
  /** Memory of everything that is evaluated at the same time. */
  readonly evaluation: MemoryBudget;
  readonly buildSeconds: number;
  /** A build that prints nothing for so long is ended. */
  readonly silentSeconds: number;
  /** Of one build. */
  readonly logBytes: number;
  /** One boot of one kernel. */
  readonly vmSeconds: number;
  /** Megabytes (2^20 bytes) of one VM. */
  readonly vmMemory: number;
  /** One VM test of the repository. */
  readonly vmTestSeconds: number;
  /** How many kernels are built where none are named; what is over is said. */
  readonly kernels: number;
  /** How many consumers are built and compared; what is over is said to be not run. */
  readonly consumers: number;
  /** Checks that may be asked for in 24 hours (`domain/quotas.ts`). */
  readonly pullRequestChecks: number;
  readonly personChecks: number;
  readonly repositoryChecks: number;
}
