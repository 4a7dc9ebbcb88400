/**
 * The configuration as written: `.github/modprobot.yml`, every key with its description, form and default.
 *
 * The error text of each schema says what is allowed; `mistakes.ts` adds where it stands and what was seen.
 * What one value alone cannot show (a limit above another) is in `rules.ts`. The JSON Schema that
 * `modprobot schema` prints is made from this, and so is docs/configure.md.
 *
 * What trips people up: where a value is rewritten on reading, the JSON Schema leaves out `default` and keeps `prefault`,
 * which is a default that is read like what somebody wrote.
 */
import { z } from "zod";
import { formatAttrPath, parseAttrPath } from "../domain/attr-path.ts";
import type { AuthorPolicy } from "../domain/command-policy.ts";
import type { Json } from "../domain/derivation.ts";
import { isGlob } from "./glob.ts";
import type { Permission } from "./normalized.ts";
import { parseMemoryBudget, parseSize, parseSizeLimit } from "./units.ts";

const list = <Item extends z.ZodType>(item: Item, what: string, most = 200) =>
  z.array(item, { error: `a list of ${what}` }).max(most, { error: `at most ${most} entries` });

const text = (pattern: RegExp, allowed: string) =>
  z
    .string({ error: allowed })
    .max(500, { error: "at most 500 characters" })
    .regex(pattern, { error: allowed });

const jsonWords = "text, finite numbers, true, false, null, lists and mappings";
const json: z.ZodType<Json> = z.lazy(() =>
  z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(json), z.record(z.string(), json)], {
    error: jsonWords,
  }),
);

const attrWords = "an attribute path such as linuxPackages.kernel";
const attr = text(/^[^\p{Cc}]+$/u, attrWords)
  .refine((path) => parseAttrPath(path) !== undefined, { error: attrWords })
  .transform((path) => formatAttrPath(parseAttrPath(path) ?? []));

/** Relative, and never out of the tree. */
const file = text(
  /^(?!\/)(?!(?:[^/]*\/)*\.\.?(?:\/|$))[^\p{Cc}\\]+$/u,
  "a path below the root of the repository, without . or .. in it",
);

const system = text(/^[a-z0-9_]+(?:-[a-z0-9_]+)+$/, "a Nix system such as x86_64-linux");
const globWords =
  "a glob relative to the root of the repository (* ? ** {a,b}), ! before it to take away; a directory is dir/**";
const glob = text(/^[^\p{Cc}]+$/u, globWords).refine((value) => isGlob(value.replace(/^!/, "")), {
  error: globWords,
});
const moduleName = text(/^[A-Za-z0-9_-]+$/, "the name of a module, without .ko");
const optionName = text(/^[A-Za-z0-9_.-]+$/, "the name of a module parameter");
const optionValue = z
  .union([text(/^[^\s\p{Cc}"'=]*$/u, "a value without spaces and quotes"), z.int(), z.boolean()], {
    error: "text without spaces and quotes, a whole number, or true or false",
  })
  .transform((value) => (typeof value === "boolean" ? (value ? "Y" : "N") : String(value)));

const size = z
  .string({ error: "a size such as 20 MB or 4 GiB" })
  .refine((value) => parseSize(value) !== undefined, {
    error: "a size such as 20 MB or 4 GiB",
  });
const memoryWords = "a size such as 4 GiB, or a percentage from 1 % to 100 %";
const memoryBudget = z
  .string({ error: memoryWords })
  .refine((value) => parseMemoryBudget(value) !== undefined, { error: memoryWords });
const sizeLimitWords = "a size such as 20 MB, or a growth such as +5 %";
const sizeLimit = z.string({ error: sizeLimitWords }).refine((value) => parseSizeLimit(value) !== undefined, {
  error: sizeLimitWords,
});

const whole = (least: number, most: number) => {
  const allowed = `a whole number from ${least} to ${most}`;
  return z.int({ error: allowed }).min(least, { error: allowed }).max(most, { error: allowed });
};
const truth = z.boolean({ error: "true or false" });
const day = 86_400;

const PERMISSIONS = ["read", "triage", "write", "maintain", "admin"] as const satisfies readonly Permission[];
const permission = z.enum(PERMISSIONS, { error: `one of ${PERMISSIONS.join(", ")}` });

const repository = z.strictObject(
  {
    repository: text(/^[A-Za-z0-9][A-Za-z0-9-]*\/[A-Za-z0-9._-]+$/, "owner/name").describe(
      "owner/name on GitHub.",
    ),
    revision: text(/^[0-9a-f]{40}$/, "a full commit hash (40 hexadecimal digits, in quotes)").describe(
      "Full commit hash.",
    ),
    entry: file.default("default.nix").describe("File that is evaluated."),
    input: text(/^[A-Za-z_][A-Za-z0-9_'-]*$/, "the name of an argument")
      .default("nixpkgs")
      .describe("Argument of the entry that this tree takes the place of."),
    attrs: list(attr, "attribute paths").prefault([]).describe("Attributes to build there."),
  },
  { error: "a mapping with repository and revision" },
);

const consumers = z.union(
  [
    z.literal("auto"),
    z.strictObject({
      auto: truth
        .default(true)
        .describe(
          "Look for consumers in the derivation graph and in the sources. `false`: only `attrs` are compared.",
        ),
      attrs: list(attr, "attribute paths")
        .prefault([])
        .describe("Attributes that are always built and compared."),
      repositories: list(repository, "repositories")
        .prefault([])
        .describe("Other repositories, pinned. Not acted on yet: none is built."),
    }),
  ],
  { error: "auto, or a mapping with auto, attrs and repositories" },
);

const moduleRequest = z.union(
  [
    text(
      /^[A-Za-z0-9_-]+(?: [A-Za-z0-9_.-]+=[^\s\p{Cc}"']*)*$/u,
      'a module with options, such as "loop max_loop=4", or a mapping with module and options',
    ),
    z.strictObject({
      module: moduleName.describe("Name without .ko."),
      options: z
        .record(optionName, optionValue, { error: "a mapping of parameters to values" })
        .prefault({})
        .describe("Parameters; each is read back from `/sys/module/…/parameters`."),
    }),
  ],
  { error: 'a module with options, such as "loop max_loop=4", or a mapping with module and options' },
);

const limits = z.strictObject(
  {
    evaluationSeconds: whole(1, day)
      .default(3600)
      .describe("Time for one evaluation of one tree for one system."),
    evaluation: memoryBudget
      .default("75 %")
      .describe(
        "Memory of everything that is evaluated at the same time, or its share of what is available then.",
      ),
    buildSeconds: whole(1, 7 * day)
      .default(6 * 3600)
      .describe("Time for one build."),
    silentSeconds: whole(1, 7 * day)
      .default(3600)
      .describe("A build that prints nothing for so long is ended."),
    logBytes: size.default("64 MiB").describe("Size of the log of one build."),
    vmSeconds: whole(1, day).default(300).describe("Time for one boot of one kernel."),
    vmMemory: size.default("1 GiB").describe("Memory of a VM."),
    vmTestSeconds: whole(1, day).default(1800).describe("Time for one VM test of the repository."),
    kernels: whole(0, 50)
      .default(4)
      .describe(
        "How many kernels are built at most where `kernels` is not written: the defaults, then others that differ, the newest first.",
      ),
    consumers: whole(0, 10_000).default(200).describe("How many consumers are built and compared at most."),
    pullRequestChecks: whole(1, 100_000)
      .default(50)
      .describe("How many checks one pull request may ask for in 24 hours, by pushes and commands."),
    personChecks: whole(1, 100_000)
      .default(100)
      .describe("How many checks one person may ask for in 24 hours, by commands."),
    repositoryChecks: whole(1, 100_000)
      .default(500)
      .describe("How many checks all pull requests together may ask for in 24 hours."),
  },
  { error: "a mapping of limits" },
);

const APPROVERS = ["write", "maintain", "admin"] as const satisfies readonly Permission[];
const AUTHORS = ["everyone", "collaborators"] as const satisfies readonly AuthorPolicy[];

/** `help` and `status` say what everybody can see. */
const commands = z.strictObject(
  {
    check: permission.default("read").describe("Check this pull request again."),
    rebuilds: permission.default("read").describe("Count rebuilds, and say why an attribute is rebuilt."),
    build: permission.default("triage").describe("Build attributes."),
    test: permission.default("triage").describe("Run VM tests."),
    consumers: permission.default("triage").describe("Check further consumers."),
    cancel: permission.default("write").describe("End a check that runs."),
    approve: z
      .enum(APPROVERS, { error: `one of ${APPROVERS.join(", ")}` })
      .default("write")
      .describe("Let the head of a pull request be built and booted."),
    authors: z
      .enum(AUTHORS, { error: `one of ${AUTHORS.join(", ")}` })
      .default("collaborators")
      .describe(
        "Whose pull requests are built and booted without approval. `collaborators`: of people with write access.",
      ),
  },
  { error: "a mapping of commands to permissions" },
);

export const CONFIG_SCHEMA = z.strictObject(
  {
    entry: file
      .default("default.nix")
      .describe("File that is called with `system` and `config` and gives the package set."),
    nixpkgsConfig: z
      .record(z.string(), json, {
        error: "a mapping",
      })
      .default({ allowUnfree: true, inHydra: true })
      .describe("The `config` that the entry is called with."),
    systems: list(system, "Nix systems", 16)
      .min(1, { error: "at least one system" })
      .default(["x86_64-linux"])
      .describe(
        "Systems to evaluate. Kernels are built and booted for the system of the machine that checks.",
      ),
    recipes: list(glob, "globs")
      .min(1, { error: "at least one glob" })
      .default([
        "pkgs/os-specific/linux/kernel/**",
        "pkgs/os-specific/linux/kmod/**",
        "pkgs/build-support/kernel/**",
        "pkgs/top-level/linux-kernels.nix",
        "nixos/modules/system/boot/kernel.nix",
        "nixos/modules/system/boot/kernel_config.nix",
        "nixos/modules/system/boot/modprobe.nix",
      ])
      .describe(
        "Globs of the files that define how kernels are built. A pull request that touches none is not checked.",
      ),
    kernels: list(attr, "attribute paths", 50)
      .min(1, { error: "at least one attribute path" })
      .prefault(["linux", "linux_latest"])
      .describe(
        "Kernels to build in full, at base and head, where they differ. Without this key, other kernels that differ are built too, up to `limits.kernels`.",
      ),
    vmTests: list(attr, "attribute paths", 100)
      .prefault(["nixosTests.systemd-initrd-modprobe"])
      .describe("Derivations whose build is a test in a VM."),
    modprobe: list(moduleRequest, "modules", 100)
      .optional()
      .describe(
        "Modules to load, with options, in the built-in boot test. Default: a handful with dependencies.",
      ),
    consumers: consumers.prefault("auto").describe("What depends on the kernels and must keep working."),
    sizes: z
      .record(
        text(/^[A-Za-z0-9+._?=-]+$/, "the name of an output"),
        z.union([sizeLimit, list(sizeLimit, "sizes and growths", 10)], {
          error: `${sizeLimitWords}, or a list of them`,
        }),
        { error: "a mapping of outputs to limits" },
      )
      .default({})
      .describe(
        "Output → how big it may be (20 MB), or how much it may grow (+5 %); a list means all of them.",
      ),
    labels: truth.default(false).describe("Label pull requests with their rebuild counts, as nixpkgs does."),
    stagingBranches: truth
      .default(false)
      .describe(
        "Say where a change rebuilds so much that it belongs on `staging` or `staging-nixos`, as nixpkgs decides it. It needs counts for Linux and Darwin (`systems`).",
      ),
    commands: commands.prefault({}).describe("The permission each command needs."),
    limits: limits.prefault({}).describe("Times, memory and counts."),
  },
  { error: "a mapping" },
);

export type WrittenConfig = z.output<typeof CONFIG_SCHEMA>;
