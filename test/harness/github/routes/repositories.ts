/** Permissions, refs and files: answered from the real repository, not from the emulator's. */
import { answer, type Call, notFound, type Routes, repositoryOf } from "../call.ts";
import { isLogin, PEOPLE } from "../cast.ts";
import { tryGit } from "../git-repositories.ts";
import { userObject } from "../shapes.ts";
import type { Repository } from "../world.ts";

export const repositoryRoutes: Routes = {
  "repos/get-collaborator-permission-level": permission,
  "repos/get-content": content,
  "git/get-ref": async (call) => {
    const { id, owner, name } = repositoryOf(call);
    const ref = `refs/${call.params["ref"]}`;
    const found = await tryGit(call.git.directory(id), ["rev-parse", "--verify", "--quiet", ref]);
    if (found.status !== 0) return notFound();
    const sha = found.stdout.trim();
    const url = `${call.world.url}/repos/${owner}/${name}/git`;
    return answer(200, {
      ref,
      node_id: `REF_${sha}`,
      url: `${url}/${encodeURI(ref)}`,
      object: { type: "commit", sha, url: `${url}/commits/${sha}` },
    });
  },
};

/** What `role_name` is worth in the older `permission` field. */
const LEGACY: Readonly<Record<string, string>> = { maintain: "write", triage: "read" };

async function permission(call: Call) {
  const login = call.params["username"] ?? "";
  // Not a user at all; a stranger to the repository is answered below.
  if (!isLogin(login)) return notFound();
  const { roleName, permission: role } = roleOf(repositoryOf(call), login);
  return answer(200, {
    permission: LEGACY[role] ?? role,
    role_name: roleName,
    user: {
      ...userObject(call.world.url, login),
      role_name: roleName,
    },
  });
}

/** Everybody may read what is public. */
export function roleOf(repository: Repository, login: string): { roleName: string; permission: string } {
  const set = repository.roles.get(login);
  if (set !== undefined && set.permission !== "none") return set;
  const own = set === undefined && isLogin(login) ? PEOPLE[login] : "none";
  const role = repository.owner === login ? "admin" : own;
  const seen = role === "none" && !repository.isPrivate ? "read" : role;
  return { roleName: seen, permission: seen };
}

async function content(call: Call) {
  const { id, owner, name } = repositoryOf(call);
  const path = call.params["path"] ?? "";
  const ref = call.query.get("ref") ?? "HEAD";
  const directory = call.git.directory(id);
  const found = await tryGit(directory, ["rev-parse", "--verify", "--quiet", `${ref}:${path}`]);
  if (found.status !== 0) return notFound();
  const sha = found.stdout.trim();
  const text = await tryGit(directory, ["cat-file", "blob", sha]);
  if (text.status !== 0) return notFound();
  const url = `${call.world.url}/repos/${owner}/${name}`;
  const links = {
    self: `${url}/contents/${path}?ref=${ref}`,
    git: `${url}/git/blobs/${sha}`,
    html: `${call.world.url}/${owner}/${name}/blob/${ref}/${path}`,
  };
  return answer(200, {
    type: "file",
    encoding: "base64",
    size: Buffer.byteLength(text.stdout),
    name: path.split("/").at(-1),
    path,
    content: Buffer.from(text.stdout).toString("base64"),
    sha,
    url: links.self,
    git_url: links.git,
    html_url: links.html,
    download_url: `${call.world.url}/${owner}/${name}/raw/${ref}/${path}`,
    _links: links,
  });
}
