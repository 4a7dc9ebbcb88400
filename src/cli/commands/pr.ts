/**
 * `modprobot pr`: a pull request on GitHub, checked from a terminal the way the App checks it. Prints the report; only
 * with `--post` is anything said on GitHub, and then it is the one comment, under the name of whoever owns the token.
 */
import { mkdir } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { resolve } from "node:path";
import { Command, Option } from "commander";
import { defaultDataDirectory, tokenSettings } from "../../config/env.ts";
import type { CheckResult } from "../../domain/check-result.ts";
import type { System } from "../../domain/evaluation.ts";
import { branchesOf, type PullRequestFacts, type PullRequestRef } from "../../domain/pull-request.ts";
import { parsePullRequestName } from "../../domain/pull-request-name.ts";
import { exitStatusOf } from "../../domain/verdict.ts";
import { EnvironmentError, UserError } from "../../errors.ts";
import { createRemoteGit } from "../../git/remote.ts";
import { createNix } from "../../nix/adapter.ts";
import { comparedNote } from "../../report/comment-notes.ts";
import { COMMENT_LIMIT } from "../../report/fit.ts";
import { renderMarkdown } from "../../report/markdown.ts";
import { makeRunDirectory } from "../../run-directory.ts";
import { createVm } from "../../vm/adapter.ts";
import { type Compared, comparedOf } from "../../workflow/app/gather.ts";
import type { GitHubPort } from "../../workflow/app-ports.ts";
import { check } from "../../workflow/check.ts";
import type { CommandContext } from "../command-context.ts";
import { hostSystem } from "../host-system.ts";
import { requireWritable } from "../output-files.ts";
import { createProgress, PROGRESS_FORMS, type ProgressForm } from "../progress.ts";
import { readConfig, STAGES, writeReports } from "./check.ts";

interface PrOptions {
  readonly post?: true;
  readonly config?: string;
  readonly system?: readonly System[];
  readonly json?: string;
  readonly markdown?: string;
  readonly html?: string;
  readonly data?: string;
  readonly progress: ProgressForm;
}

export function prCommand(context: CommandContext): Command {
  return new Command("pr")
    .description("check a pull request on GitHub and print the report (needs GITHUB_TOKEN or GH_TOKEN)")
    .argument("<pull request>", "owner/repo#number, or its address")
    .option("--post", "also publish the report as a comment on the pull request")
    .option("--config <file>", "configuration to use instead of the one at base")
    .option(
      "--system <systems...>",
      "systems to evaluate for (default: the configuration's, else this machine's)",
    )
    .option("--json <file>", "write the report as JSON (modprobot schema describes it)")
    .option("--markdown <file>", "write the report as Markdown")
    .option("--html <file>", "write the report as one self-contained page with charts")
    .option(
      "--data <dir>",
      "where mirrors, evaluations, measurements and checkouts are kept (default: ~/.cache/modprobot)",
    )
    .addOption(
      new Option(
        "--progress <how>",
        "progress on standard error: live on a terminal, one line a stage, or none",
      )
        .choices(PROGRESS_FORMS)
        .default("auto"),
    )
    .action((name: string, options: PrOptions) => checkPullRequest(name, options, context));
}

async function checkPullRequest(name: string, options: PrOptions, context: CommandContext): Promise<void> {
  const { io, signal, setStatus } = context;
  for (const option of ["json", "markdown", "html"] as const) {
    const file = options[option];
    if (file !== undefined) await requireWritable(`--${option}`, file);
  }
  const { ref, github } = await open(name, context);
  const facts = await github.pullRequest(ref, signal);
  if (facts.state === "closed") throw closed(facts);
  const compared = comparedOf(facts);
  if (compared.merge === null)
    io.stderr.write(
      "modprobot: warning: the pull request conflicts with its base branch; its head is compared with the merge base\n",
    );

  const result = await checkCompared({ facts, compared, github }, options, context);
  await writeReports(result, options, context);
  if (options.post === true) await post(result, facts, compared, github, context);
  setStatus(exitStatusOf(result.verdict));
}

/** GitHub makes no test merge of it any more, so there is nothing that says what to compare with. */
function closed({ owner, name, number, headSha }: PullRequestFacts): UserError {
  return new UserError(
    "pull-request-closed",
    `${owner}/${name}#${number} is closed or merged`,
    `In a clone that has both commits: modprobot check --base <what it was based on> --head ${headSha.slice(0, 12)}`,
  );
}

/** @throws UserError not-a-pull-request, other-host, token-missing */
async function open(
  name: string,
  { io }: CommandContext,
): Promise<{ ref: PullRequestRef; github: GitHubPort }> {
  const named = parsePullRequestName(name);
  if (named === undefined) {
    throw new UserError(
      "not-a-pull-request",
      `${JSON.stringify(name)} is no pull request`,
      "Write owner/repo#number, for example NixOS/nixpkgs#423933, or paste its address.",
    );
  }
  const { token, host, apiUrl } = tokenSettings();
  const own = host ?? "github.com";
  if (named.host !== null && named.host !== own.toLowerCase() && named.host !== `www.${own.toLowerCase()}`) {
    throw new UserError(
      "other-host",
      `the pull request is on ${named.host}, and the token is for ${own}`,
      "Set GHE_HOST to the name of that host, and GITHUB_TOKEN to a token of it.",
    );
  }
  // Loaded here: no other command needs its libraries.
  const { createGitHubWithToken } = await import("../../github/github.ts");
  const github = createGitHubWithToken({
    token,
    ...(host === undefined ? {} : { host }),
    ...(apiUrl === undefined ? {} : { apiUrl }),
    log: { info() {}, warn: (_data, message) => io.stderr.write(`modprobot: ${message}\n`) },
  });
  return { ref: named, github };
}

interface Found {
  readonly facts: PullRequestFacts;
  readonly compared: Compared;
  readonly github: GitHubPort;
}

async function checkCompared(
  { facts, compared, github }: Found,
  options: PrOptions,
  { io, signal }: CommandContext,
): Promise<CheckResult> {
  const dataDirectory = resolve(options.data ?? defaultDataDirectory());
  await mkdir(dataDirectory, { recursive: true });
  await using run = await makeRunDirectory(tmpdir());
  const places = { dataDirectory, temporaryDirectory: run.path };
  const progress = createProgress(io, STAGES.check, options.progress);
  try {
    const git = await createRemoteGit({
      ...places,
      repositoryId: facts.repositoryId,
      credential: (signal) => github.gitCredential(facts, signal),
      signal,
    });
    const { base, head } = compared;
    const { config, warnings } = await readConfig(options.config, git, base, signal);
    const warn = (warning: string) => io.stderr.write(`modprobot: warning: ${warning}\n`);
    for (const warning of warnings) warn(warning);
    return await check(
      {
        base,
        head,
        branches: branchesOf(facts),
        config,
        systems: options.system ?? (config.written.has("systems") ? config.systems : [hostSystem()]),
        scope: "everything",
      },
      {
        git,
        nix: createNix({ ...places, warn }),
        vm: createVm(places),
        progress,
        clock: () => performance.now(),
        cores: availableParallelism(),
        buildSystem: hostSystem(),
      },
      signal,
    );
  } finally {
    await progress.stop();
  }
}

/** @throws EnvironmentError head-moved: what was found out is not about what is there now */
async function post(
  result: CheckResult,
  facts: PullRequestFacts,
  { base, merge }: Compared,
  github: GitHubPort,
  { io, signal }: CommandContext,
): Promise<void> {
  const { headSha } = await github.head(facts, signal);
  if (headSha !== facts.headSha) {
    throw new EnvironmentError(
      "head-moved",
      `the pull request was pushed to meanwhile, from ${facts.headSha.slice(0, 12)} to ${headSha.slice(0, 12)}; nothing was posted`,
      "Run the command again. What has not changed comes out of the cache.",
    );
  }
  const about = comparedNote({
    headSha,
    baseSha: base,
    mergeSha: merge,
    conflict: merge === null,
    finishedAt: new Date(),
  });
  const body = renderMarkdown(result, {
    limit: { characters: COMMENT_LIMIT.characters - MARKER_ROOM, bytes: COMMENT_LIMIT.bytes - MARKER_ROOM },
    notes: about === undefined ? [] : [about],
  });
  const { id } = await github.upsertComment(facts, null, body, signal);
  io.stderr.write(`modprobot: posted as comment ${id} on ${facts.owner}/${facts.name}#${facts.number}\n`);
}

/** For the marker that the comment is found by again. */
const MARKER_ROOM = 200;
