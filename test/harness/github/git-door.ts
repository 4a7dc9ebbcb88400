/** Who may fetch and push: GitHub's rules for git over http, and what a push sets off. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { type Actor, identify } from "./actors.ts";
import { mayRead } from "./api.ts";
import type { Emulator } from "./emulator.ts";
import type { GitRepositories } from "./git-repositories.ts";
import { type GitAddress, serveGit } from "./git-server.ts";
import { roleOf } from "./routes/repositories.ts";
import { findRepository, fullName, type Repository, type World } from "./world.ts";

export interface Pushed {
  readonly repository: Repository;
  readonly login: string;
  readonly branches: readonly {
    readonly name: string;
    readonly before: string | undefined;
    readonly after: string | undefined;
  }[];
}

export interface GitDoor {
  readonly world: World;
  readonly git: GitRepositories;
  readonly emulator: Emulator;
  readonly onPush: (pushed: Pushed) => Promise<void>;
}

export async function openGitDoor(
  door: GitDoor,
  address: GitAddress,
  url: URL,
  request: IncomingMessage,
  body: Buffer,
  response: ServerResponse,
): Promise<void> {
  const { world, git } = door;
  const former = world.formerNames.get(`${address.owner}/${address.name}`);
  if (former !== undefined) {
    const current = world.repositories.get(former);
    const location = `${world.url}/${current === undefined ? "" : fullName(current)}.git/${address.service}${url.search}`;
    response.writeHead(301, { location }).end();
    return;
  }
  const actor = identify(request.headers.authorization, world, door.emulator.privateKey, Date.now());
  const repository = findRepository(world, address.owner, address.name);
  const status = refusal(actor, repository, address.isPush, world);
  if (status !== undefined || repository === undefined) {
    response.writeHead(status ?? 404, { "www-authenticate": 'Basic realm="GitHub"' }).end();
    return;
  }
  const isPush = address.service === "git-receive-pack";
  const before = isPush ? await git.branches(repository.id) : new Map<string, string>();
  const user = actor?.kind === "person" ? actor.login : undefined;
  await serveGit(request, body, response, {
    repository: `${repository.id}.git`,
    service: address.service,
    query: url.search.slice(1),
    root: git.root,
    user,
  });
  // Before the answer ends, so that who pushed finds what the push set off.
  if (isPush && user !== undefined)
    await door.onPush({
      repository,
      login: user,
      branches: moved(before, await git.branches(repository.id)),
    });
  response.end();
}

function moved(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): Pushed["branches"] {
  const names = new Set([...before.keys(), ...after.keys()]);
  return [...names]
    .filter((name) => before.get(name) !== after.get(name))
    .map((name) => ({ name, before: before.get(name), after: after.get(name) }));
}

function refusal(
  actor: Actor | undefined,
  repository: Repository | undefined,
  isPush: boolean,
  world: World,
): number | undefined {
  if (actor === undefined || actor.kind === "app") return 401;
  if (actor.kind === "installation" && world.installations.get(actor.owner)?.suspendedAt !== null) return 403;
  if (repository === undefined || !mayRead(repository, actor)) return actor.kind === "anonymous" ? 401 : 404;
  if (
    actor.kind === "installation" &&
    repository.isPrivate &&
    actor.token.permissions["contents"] === undefined
  )
    return 403;
  if (!isPush) return undefined;
  if (actor.kind === "anonymous") return 401;
  if (actor.kind === "installation") return 403;
  const writes = ["write", "maintain", "admin"].includes(roleOf(repository, actor.login).permission);
  return writes || repository.owner === actor.login ? undefined : 403;
}
