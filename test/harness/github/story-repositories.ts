/** The vocabulary about repositories: made from a local one, renamed, transferred, moved on; who may do what. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { type Login, type Owner, personToken, type Role } from "./cast.ts";
import { git } from "./git-repositories.ts";
import { ADMIN, must, person, type Stage } from "./stage.ts";
import { fullName, type Pull, type Repository } from "./world.ts";

export interface RepositoryStory {
  /** With all branches of a local repository, or those named. */
  createRepository(options: {
    readonly from: string;
    readonly name: string;
    readonly owner?: Owner;
    readonly branches?: readonly string[];
    readonly isPrivate?: boolean;
  }): Promise<Repository>;
  /** `owner/name` address for `git clone`, with a person's credentials in it. */
  cloneUrl(repository: Repository, login: Login): string;
  /** A new commit on a branch that pull requests are based on; `null` removes a file. */
  moveBase(
    repository: Repository,
    files: Readonly<Record<string, string | null>>,
    branch?: string,
  ): Promise<string>;
  setPermission(repository: Repository, login: Login, role: Role, customName?: string): Promise<void>;
  renameRepository(repository: Repository, name: string): Promise<void>;
  transfer(repository: Repository, owner: Owner): Promise<void>;
  /** The fork that a pull request came from is gone; `refs/pull/N/head` stays. */
  deleteFork(pull: Pull): Promise<void>;
}

/** What the emulator calls a role. */
const COLLABORATOR: Readonly<Record<Role, string>> = {
  none: "pull",
  read: "pull",
  triage: "triage",
  write: "push",
  maintain: "maintain",
  admin: "admin",
};

export function repositoryStory(stage: Stage): RepositoryStory {
  const { world } = stage;
  const moved = (repository: Repository, change: () => void) => {
    world.formerNames.set(fullName(repository), repository.id);
    change();
    world.formerNames.delete(fullName(repository));
  };

  return {
    async createRepository({ from, name, owner = "kernel-org", branches, isPrivate = false }) {
      const path = owner === "ann-admin" ? "/user/repos" : `/orgs/${owner}/repos`;
      const made = await must(stage, ADMIN, "POST", path, { name, private: isPrivate, auto_init: true });
      const id = Number(made["id"]);
      const repository: Repository = { id, owner, name, isPrivate, forkOf: null, roles: new Map() };
      world.repositories.set(id, repository);
      await stage.git.create(id);
      const refs = branches?.map((branch) => `refs/heads/${branch}:refs/heads/${branch}`);
      await git(from, [
        "push",
        "--quiet",
        stage.git.directory(id),
        ...(refs ?? ["refs/heads/*:refs/heads/*"]),
      ]);
      return repository;
    },
    cloneUrl(repository, login) {
      const url = new URL(`${world.url}/${fullName(repository)}.git`);
      url.username = login;
      url.password = personToken(login);
      return url.href;
    },
    async moveBase(repository, files, branch = "main") {
      const before = (await stage.git.branches(repository.id)).get(branch);
      const after = await commitOn(stage.git.directory(repository.id), branch, files);
      await stage.pushed({ repository, login: "ann-admin", branches: [{ name: branch, before, after }] });
      return after;
    },
    async setPermission(repository, login, role, customName = role) {
      repository.roles.set(login, { roleName: customName, permission: role });
      const path = `/repos/${fullName(repository)}/collaborators/${login}`;
      if (role === "none") await must(stage, ADMIN, "DELETE", path);
      else await must(stage, ADMIN, "PUT", path, { permission: COLLABORATOR[role] });
    },
    async renameRepository(repository, name) {
      const from = repository.name;
      await must(stage, ADMIN, "PATCH", `/repos/${fullName(repository)}`, { name });
      moved(repository, () => {
        repository.name = name;
      });
      await stage.events.repository(repository, "renamed", { repository: { name: { from } } });
    },
    async transfer(repository, owner) {
      await must(stage, ADMIN, "POST", `/repos/${fullName(repository)}/transfer`, { new_owner: owner });
      moved(repository, () => {
        repository.owner = owner;
      });
    },
    async deleteFork(pull) {
      const fork = world.repositories.get(pull.headRepositoryId ?? 0);
      if (fork?.forkOf !== pull.repositoryId)
        throw new Error(`pull request ${pull.number} comes from no fork`);
      await must(stage, person(pull.author), "DELETE", `/repos/${fullName(fork)}`);
      world.repositories.delete(fork.id);
      await stage.git.remove(fork.id);
      for (const other of world.pulls) if (other.headRepositoryId === fork.id) other.headRepositoryId = null;
    },
  };
}

/** A commit without a working tree. */
async function commitOn(
  directory: string,
  branch: string,
  files: Readonly<Record<string, string | null>>,
): Promise<string> {
  const index = { GIT_INDEX_FILE: `${directory}/story-index` };
  await git(directory, ["read-tree", branch], index);
  for (const [path, text] of Object.entries(files)) {
    if (text === null) {
      await git(directory, ["update-index", "--force-remove", path], index);
      continue;
    }
    const blob = await writeBlob(directory, text);
    await git(directory, ["update-index", "--add", "--cacheinfo", `100644,${blob},${path}`], index);
  }
  const tree = await git(directory, ["write-tree"], index);
  const commit = await git(directory, ["commit-tree", tree, "-p", branch, "-m", "Move on"]);
  await git(directory, ["update-ref", `refs/heads/${branch}`, commit]);
  return commit;
}

async function writeBlob(directory: string, text: string): Promise<string> {
  const place = await mkdtemp(`${directory}/story-`);
  try {
    await writeFile(`${place}/blob`, text);
    return await git(directory, ["hash-object", "-w", `${place}/blob`]);
  } finally {
    await rm(place, { recursive: true });
  }
}
