/**
 * `modprobot check` and `modprobot rebuilds`: two revisions of a local clone, compared. `rebuilds` ends after
 * stage 4 (counts); everything else is the same.
 */
import { mkdir, readFile } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { resolve } from "node:path";
import { Command, Option } from "commander";
import { type Config, defaultConfig, parseConfig } from "../../config/config.ts";
import { colourRefused, defaultDataDirectory } from "../../config/env.ts";
import type { CheckResult, StageName } from "../../domain/check-result.ts";
import type { AttrPath, System } from "../../domain/evaluation.ts";
import { didYouMean } from "../../domain/near-misses.ts";
import { exitStatusOf } from "../../domain/verdict.ts";
import { EnvironmentError, UserError } from "../../errors.ts";
import { keptBelow } from "../../git/check-out.ts";
import { createGit } from "../../git/git.ts";
import { createNix } from "../../nix/adapter.ts";
import { renderHtml } from "../../report/html.ts";
import { renderJson } from "../../report/json.ts";
import { renderMarkdown } from "../../report/markdown.ts";
import { renderTerminal } from "../../report/terminal.ts";
import { renderWhy } from "../../report/why.ts";
import { makeRunDirectory } from "../../run-directory.ts";
import { createVm } from "../../vm/adapter.ts";
import { check } from "../../workflow/check.ts";
import type { GitPort } from "../../workflow/ports.ts";
import type { CommandContext } from "../command-context.ts";
import { hostSystem } from "../host-system.ts";
import { requireWritable, writeWhole } from "../output-files.ts";
import { createProgress, PROGRESS_FORMS, type ProgressForm } from "../progress.ts";

interface CheckOptions {
  readonly repo: string;
  readonly base: string;
  readonly head: string;
  readonly config?: string;
  readonly system?: readonly System[];
  readonly json?: string;
  readonly markdown?: string;
  readonly html?: string;
  readonly data?: string;
  readonly allowDirty?: true;
  readonly predictOnly?: true;
  readonly why?: readonly AttrPath[];
  readonly progress: ProgressForm;
}

const CONFIG_FILE = ".github/modprobot.yml";
export const STAGES = {
  check: ["checkout", "evaluate", "rebuilds", "plan", "build", "sizes", "vm", "consumers", "report"],
  rebuilds: ["checkout", "evaluate", "rebuilds", "plan", "report"],
} as const satisfies Record<string, readonly StageName[]>;
const DESCRIPTIONS = {
  check: "check a change: rebuilds, sizes, boot, and the consumers of kernel modules that it breaks",
  rebuilds: "count what a change rebuilds, and stop there (stages 1 to 4 of a check)",
} as const;

export function checkCommand(name: keyof typeof STAGES, context: CommandContext): Command {
  const command = new Command(name)
    .description(DESCRIPTIONS[name])
    .requiredOption("--repo <dir>", "local git repository")
    .requiredOption("--base <rev>", "revision before the change")
    .requiredOption("--head <rev>", "revision with the change")
    .option("--config <file>", `configuration to use instead of ${CONFIG_FILE} at base`)
    .option(
      "--system <systems...>",
      "systems to evaluate for (default: the configuration's, else this machine's)",
    )
    .option("--json <file>", "write the report as JSON (modprobot schema describes it)")
    .option("--markdown <file>", "write the report as Markdown, as it would stand on a pull request")
    .option("--html <file>", "write the report as one self-contained page with charts")
    .option(
      "--data <dir>",
      "where evaluations, measurements and checkouts are kept (default: ~/.cache/modprobot)",
    )
    .option("--allow-dirty", "check the two commits although the working tree has uncommitted changes")
    .addOption(
      new Option(
        "--progress <how>",
        "progress on standard error: live on a terminal, one line a stage, or none",
      )
        .choices(PROGRESS_FORMS)
        .default("auto"),
    )
    .option("--why <attrs...>", "say why these attributes are rebuilt, down to what differs")
    .action((options: CheckOptions) => runCheck(name, options, context));
  if (name === "rebuilds")
    command.option(
      "--predict-only",
      "say what is probably rebuilt, from an earlier evaluation of base or of a commit before it",
    );
  return command;
}

async function runCheck(
  name: keyof typeof STAGES,
  options: CheckOptions,
  context: CommandContext,
): Promise<void> {
  const { io, signal, setStatus } = context;
  for (const option of ["json", "markdown", "html"] as const) {
    const file = options[option];
    if (file !== undefined) await requireWritable(`--${option}`, file);
  }
  const dataDirectory = resolve(options.data ?? defaultDataDirectory());
  await makeDataDirectory(dataDirectory);
  await using run = await makeRunDirectory(tmpdir());
  const progress = createProgress(io, STAGES[name], options.progress);
  const places = { dataDirectory, temporaryDirectory: run.path };
  const warn = (warning: string) => io.stderr.write(`modprobot: warning: ${warning}\n`);
  const nix = createNix({ ...places, warn });
  // Takes its time, and has nothing to do with the repository. Whatever is wrong is said when the check asks again.
  const probing = nix.probe(signal).catch(() => undefined);
  try {
    const git = await createGit({
      ...places,
      repository: resolve(options.repo),
      keptDirectory: keptBelow(dataDirectory),
      allowDirty: options.allowDirty === true,
      signal,
    });
    const resolving = [git.resolve(options.base, signal), git.resolve(options.head, signal)] as const;
    await Promise.allSettled(resolving);
    const [base, head] = await Promise.all(resolving);
    if (base === head) throw sameRevision(options, base);
    const [{ config, warnings }, unrelated] = await Promise.all([
      readConfig(options.config, git, base, signal),
      warnUnlessAncestor(git, base, head, signal),
    ]);
    for (const warning of [...warnings, ...unrelated]) warn(warning);

    const answers: string[] = [];
    const result = await check(
      {
        base,
        head,
        config,
        systems: options.system ?? (config.written.has("systems") ? config.systems : [hostSystem()]),
        scope: name === "check" ? "everything" : options.predictOnly === true ? "prediction" : "rebuilds",
        why: options.why ?? [],
      },
      {
        git,
        nix,
        vm: createVm(places),
        progress,
        clock: () => performance.now(),
        cores: availableParallelism(),
        buildSystem: hostSystem(),
        onExplained: (attr, lines) => answers.push(renderWhy(attr, lines)),
        onUnknown: (attr, names) => {
          throw unknownAttr(attr, names);
        },
      },
      signal,
    );
    await progress.stop();
    await writeReports(result, options, context);
    for (const answer of answers) io.stdout.write(`\n${answer}`);
    setStatus(exitStatusOf(result.verdict));
  } finally {
    await Promise.all([progress.stop(), probing]);
  }
}

/** Somebody who leaves the set out (`zfs`) means one of those that have it. */
function unknownAttr(attr: AttrPath, names: readonly AttrPath[]): UserError {
  const inSets = names.filter((name) => name.endsWith(`.${attr}`)).slice(0, 3);
  const meant =
    inSets.length === 0
      ? didYouMean(attr, names)
      : `; did you mean ${inSets.map((name) => JSON.stringify(name)).join(" or ")}?`;
  return new UserError(
    "attr-unknown",
    `--why ${JSON.stringify(attr)}: neither base nor head has this attribute${meant}`,
    "Name an attribute as it stands in the report, for example linuxPackages.zfs.",
  );
}

/** @throws UserError data-not-a-directory; the system's own error where the machine refuses */
async function makeDataDirectory(directory: string): Promise<void> {
  try {
    await mkdir(directory, { recursive: true });
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code !== "ENOTDIR" && code !== "EEXIST") throw error;
    throw new UserError(
      "data-not-a-directory",
      `--data ${JSON.stringify(directory)}: that is, or lies below, something that is no directory`,
      "Name a directory, or a path where one can be created.",
      { cause: error },
    );
  }
}

/** What base has and head never had would be shown as taken away by the change. */
async function warnUnlessAncestor(
  git: GitPort,
  base: string,
  head: string,
  signal: AbortSignal,
): Promise<string[]> {
  const isAncestor = await git.isAncestor(base, head, signal).catch((error: unknown) => {
    // A shallow clone cannot say; then nobody is warned.
    if (error instanceof EnvironmentError || error instanceof UserError) return true;
    throw error;
  });
  if (isAncestor) return [];
  return [
    "base is not an ancestor of head: what base alone has is shown as undone by head. " +
      "To leave that out, name their merge base with --base (git merge-base BASE HEAD).",
  ];
}

function sameRevision(options: CheckOptions, commit: string): UserError {
  return new UserError(
    "base-is-head",
    `base ${JSON.stringify(options.base)} and head ${JSON.stringify(options.head)} are the same commit, ${commit.slice(0, 12)}`,
    "There is nothing to compare. Name the commit before the change with --base and the one with it with --head.",
  );
}

/** At base, never at head, unless the caller names a file. @throws UserError config-unreadable, config-invalid */
export async function readConfig(
  file: string | undefined,
  git: GitPort,
  base: string,
  signal: AbortSignal,
): Promise<{ config: Config; warnings: readonly string[] }> {
  if (file === undefined) {
    // At base, never at head: a change may not loosen the rules it is checked by.
    const atBase = await git.readFile(base, CONFIG_FILE, signal);
    if (atBase === undefined) return { config: defaultConfig(), warnings: [] };
    return parseConfig(atBase, `${CONFIG_FILE} at ${base.slice(0, 12)}`);
  }
  const text = await readFile(file, "utf8").catch((cause: unknown) => {
    throw new UserError(
      "config-unreadable",
      `cannot read the configuration ${JSON.stringify(file)}`,
      "Name a file that exists with --config.",
      { cause },
    );
  });
  return parseConfig(text, file);
}

/** The files that were asked for, and the terminal. */
export async function writeReports(
  result: CheckResult,
  options: Pick<CheckOptions, "json" | "markdown" | "html">,
  { io }: CommandContext,
): Promise<void> {
  if (options.json !== undefined) await writeWhole(options.json, renderJson(result));
  if (options.markdown !== undefined) await writeWhole(options.markdown, renderMarkdown(result));
  if (options.html !== undefined) await writeWhole(options.html, renderHtml(result));
  const colour = io.stdout.isTTY === true && !colourRefused();
  io.stdout.write(renderTerminal(result, { colour, width: io.stdout.columns ?? 100 }));
}
