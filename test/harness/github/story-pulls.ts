/** The vocabulary about pull requests: opened from a local branch, pushed to, closed, made a draft, based elsewhere. */
import { type Login, personToken } from "./cast.ts";
import { git } from "./git-repositories.ts";
import { home, must, person, type Stage } from "./stage.ts";
import { type Wait, waitFor } from "./waits.ts";
import { fullName, type Pull, type Repository, repositoryById } from "./world.ts";

/** A branch of a repository on this machine. */
export interface LocalBranch {
  readonly directory: string;
  readonly branch: string;
}

export interface PullStory {
  /**
   * By a real `git push`, to a fork of the author's where wanted; or from a branch that is there already. Resolves when the
   * webhook was answered.
   */
  openPullRequest(options: {
    readonly repository: Repository;
    readonly from: LocalBranch | { readonly branch: string };
    readonly base?: string;
    readonly author?: Login;
    readonly fork?: boolean;
    readonly draft?: boolean;
    readonly title?: string;
    readonly body?: string;
  }): Promise<Pull>;
  /** New commits on the pull request's branch; `force` where they do not follow from those there. Returns the new head. */
  push(pull: Pull, from: LocalBranch, options?: { readonly force?: boolean }): Promise<string>;
  close(pull: Pull): Promise<void>;
  reopen(pull: Pull): Promise<void>;
  convertToDraft(pull: Pull): Promise<void>;
  readyForReview(pull: Pull): Promise<void>;
  changeBase(pull: Pull, base: string): Promise<void>;
  /** GitHub says so many times that it does not know yet whether the pull request can be merged. */
  mergesLate(pull: Pull, unknownAnswers: number): void;
  /** Names of its labels, sorted. */
  labels(pull: Pull): Promise<readonly string[]>;
  /** Waits until it has these labels, sorted, and no others. */
  labelled(pull: Pull, labels: readonly string[], wait?: Wait): Promise<void>;
  /** By hand, as a person. */
  addLabel(pull: Pull, label: string, login?: Login): Promise<void>;
}

export function pullStory(stage: Stage): PullStory {
  const { world, events } = stage;

  const forkOf = async (repository: Repository, login: Login): Promise<Repository> => {
    const known = [...world.repositories.values()].find(
      ({ forkOf, owner }) => forkOf === repository.id && owner === login,
    );
    if (known !== undefined) return known;
    const made = await must(stage, person(login), "POST", `/repos/${fullName(repository)}/forks`);
    const id = Number(made["id"]);
    const fork: Repository = {
      id,
      owner: login,
      name: String(made["name"]),
      isPrivate: repository.isPrivate,
      forkOf: repository.id,
      roles: new Map(),
    };
    world.repositories.set(id, fork);
    await stage.git.fork(id, repository.id);
    return fork;
  };

  const headOf = async (repository: Repository, branch: string) => {
    const sha = (await stage.git.branches(repository.id)).get(branch);
    if (sha === undefined) throw new Error(`${fullName(repository)} has no branch ${branch}`);
    return sha;
  };

  const pushTo = async (
    repository: Repository,
    login: Login,
    from: LocalBranch,
    ref: string,
    force: boolean,
  ) => {
    const credentials = Buffer.from(`${login}:${personToken(login)}`).toString("base64");
    const source = `${force ? "+" : ""}refs/heads/${from.branch}:refs/heads/${ref}`;
    await git(from.directory, ["push", "--quiet", `${world.url}/${fullName(repository)}.git`, source], {
      GIT_CONFIG_COUNT: "1",
      GIT_CONFIG_KEY_0: "http.extraHeader",
      GIT_CONFIG_VALUE_0: `Authorization: Basic ${credentials}`,
    });
    return headOf(repository, ref);
  };

  const change = async (pull: Pull, body: Readonly<Record<string, unknown>>, action: string, more = {}) => {
    await must(stage, person(pull.author), "PATCH", `${home(stage, pull)}/pulls/${pull.number}`, { ...body });
    if ("state" in body) pull.isOpen = body["state"] === "open";
    await events.pullRequest(pull, action, pull.author, more);
  };

  const labels = async (pull: Pull): Promise<readonly string[]> => {
    const { body } = await stage.api.ask(
      person("ann-admin"),
      "GET",
      `${home(stage, pull)}/issues/${pull.number}/labels?per_page=100`,
    );
    return Array.isArray(body) ? body.map((label) => String(label.name)).sort() : [];
  };

  return {
    async openPullRequest(options) {
      const { repository, from, base = "main", author = "wim-write", draft = false } = options;
      const head = options.fork === true ? await forkOf(repository, author) : repository;
      const headSha =
        "directory" in from
          ? await pushTo(head, author, from, from.branch, true)
          : await headOf(head, from.branch);
      const made = await must(stage, person(author), "POST", `/repos/${fullName(repository)}/pulls`, {
        title: options.title ?? `Pull ${from.branch}`,
        body: options.body ?? "",
        head: head === repository ? from.branch : `${author}:${from.branch}`,
        base,
        draft,
      });
      const pull: Pull = {
        repositoryId: repository.id,
        number: Number(made["number"]),
        headRepositoryId: head.id,
        headOwner: head.owner,
        headRef: from.branch,
        headSha,
        baseRef: base,
        baseSha: (await stage.git.branches(repository.id)).get(base) ?? "",
        author,
        isOpen: true,
        isStale: true,
        unknownAnswers: 0,
        mergeable: null,
        mergeSha: null,
      };
      world.pulls.push(pull);
      await stage.git.setPullHead(repository.id, pull.number, head.id, headSha);
      await events.pullRequest(pull, "opened", author);
      return pull;
    },
    async push(pull, from, { force = false } = {}) {
      const head = repositoryById(world, pull.headRepositoryId ?? 0);
      return pushTo(head, pull.author, from, pull.headRef, force);
    },
    close: (pull) => change(pull, { state: "closed" }, "closed"),
    reopen: (pull) => change(pull, { state: "open" }, "reopened"),
    convertToDraft: (pull) => change(pull, { draft: true }, "converted_to_draft"),
    readyForReview: (pull) => change(pull, { draft: false }, "ready_for_review"),
    async changeBase(pull, base) {
      const [ref, sha] = [pull.baseRef, pull.baseSha];
      pull.baseRef = base;
      pull.baseSha = (await stage.git.branches(pull.repositoryId)).get(base) ?? "";
      pull.isStale = true;
      await change(pull, { base }, "edited", {
        changes: { base: { ref: { from: ref }, sha: { from: sha } } },
      });
    },
    mergesLate(pull, unknownAnswers) {
      pull.unknownAnswers = unknownAnswers;
      pull.isStale = true;
    },
    labels,
    async labelled(pull, wanted, wait = "answer") {
      await waitFor(
        `pull request ${pull.number} to be labelled ${wanted.join(", ")}`,
        wait,
        async () => ((await labels(pull)).join() === wanted.join() ? true : undefined),
        async () => `its labels: ${(await labels(pull)).join(", ")}`,
      );
    },
    async addLabel(pull, label, login = "tim-triage") {
      await must(stage, person(login), "POST", `${home(stage, pull)}/issues/${pull.number}/labels`, {
        labels: [label],
      });
    },
  };
}
