/**
 * One request to the interface, from address to answer: who asks, is it described, is it allowed, is it within
 * limits, then the route or the emulator, and last whether GitHub could have answered so.
 */
import { type Actor, identify } from "./actors.ts";
import { answer, type Call, forward, notFound, type Route, refuse } from "./call.ts";
import { checkRequest, checkResponse, findOperation, type MatchedOperation } from "./contract.ts";
import type { Deliveries } from "./deliveries.ts";
import type { Answer, Emulator } from "./emulator.ts";
import type { GitRepositories } from "./git-repositories.ts";
import { CONTENT_PER_MINUTE, CREATES_CONTENT, overLimit } from "./github-limits.ts";
import { isGranted, NEEDED, type Needed } from "./permissions.ts";
import { appRoutes } from "./routes/apps.ts";
import { checkRoutes } from "./routes/checks.ts";
import { commitRoutes } from "./routes/commits.ts";
import { pullRoutes } from "./routes/pulls.ts";
import { reactionRoutes } from "./routes/reactions.ts";
import { repositoryRoutes } from "./routes/repositories.ts";
import { isObject, type Json, mend } from "./shapes.ts";
import { findRepository, fullName, githubsTime, isCovered, type Repository, type World } from "./world.ts";

const ROUTES: Readonly<Record<string, Route>> = {
  ...appRoutes,
  ...checkRoutes,
  ...commitRoutes,
  ...pullRoutes,
  ...reactionRoutes,
  ...repositoryRoutes,
};

export interface Parts {
  readonly world: World;
  readonly git: GitRepositories;
  readonly emulator: Emulator;
  readonly deliveries: Deliveries;
}

export interface ApiRequest {
  readonly method: string;
  /** With query. */
  readonly target: string;
  readonly authorization: string | undefined;
  /** Parsed; undefined where none was sent. */
  readonly body: unknown;
}

export interface Judged {
  readonly answer: Answer;
  /** Undefined where it never came to a route. */
  readonly call?: Call;
  readonly violations: readonly string[];
}

/** What an App's installation was found to need. */
export type PermissionUse = Needed & { readonly operation: string };

export interface Api {
  readonly permissionsUsed: Map<string, PermissionUse>;
  operationOf(method: string, target: string): string;
  handle(request: ApiRequest): Promise<Judged>;
  /** As the given actor, without checks: what the harness itself asks. */
  ask(actor: Actor, method: string, target: string, body?: Json): Promise<Answer>;
}

export function createApi(parts: Parts): Api {
  const { world } = parts;
  const permissionsUsed = new Map<string, PermissionUse>();
  const contentTimes: number[] = [];

  const route = async (call: Call): Promise<Answer> => {
    const done = await (ROUTES[call.operation] ?? forward)(call);
    return { ...done, body: mend(done.body, world) };
  };

  const ask: Api["ask"] = async (actor, method, target, body = {}) => {
    const { path, query } = resolve(world, target);
    const matched = findOperation(method, path);
    if (matched === undefined)
      throw new Error(`the harness asked for ${method} ${target}, which is not described`);
    return route(callFor(matched, actor, method, path, query, body));
  };

  const callFor = (
    matched: MatchedOperation,
    actor: Actor,
    method: string,
    path: string,
    query: URLSearchParams,
    body: Json,
  ): Call => ({
    ...parts,
    actor,
    operation: matched.id,
    method,
    path,
    query,
    body,
    params: matched.params,
    repository: findRepository(world, matched.params["owner"] ?? "", matched.params["repo"] ?? ""),
    ask: (otherMethod, target, otherBody) => ask(actor, otherMethod, target, otherBody),
  });

  const permissionProblems = ({ actor, operation }: Call): string[] => {
    if (actor.kind !== "installation") return [];
    const needed = NEEDED[operation];
    if (needed === undefined)
      return [`${operation}: no permission known; see test/harness/github/permissions.ts`];
    permissionsUsed.set(operation, { ...needed, operation });
    return [];
  };

  const isAllowed = (call: Call): boolean => {
    const { actor, operation, repository } = call;
    const needed = NEEDED[operation];
    if (actor.kind !== "installation" || needed === undefined) return true;
    const isForeign = repository !== undefined && !isCovered(repository, actor);
    if (needed.level === "read" && repository?.isPrivate !== true) return true;
    return !isForeign && isGranted(needed, actor.token.permissions);
  };

  const isTooFast = (operation: string): boolean => {
    if (!CREATES_CONTENT.has(operation)) return false;
    const now = Date.now();
    while ((contentTimes[0] ?? now) < now - 60_000) contentTimes.shift();
    contentTimes.push(now);
    return contentTimes.length > CONTENT_PER_MINUTE;
  };

  const refusal = async (call: Call): Promise<Answer | undefined> => {
    if (!isAllowed(call)) return refuse(403, "Resource not accessible by integration");
    if (isTooFast(call.operation))
      return {
        ...refuse(403, "You have exceeded a secondary rate limit."),
        headers: { "retry-after": "60" },
      };
    const tooBig = overLimit(call.operation, call.body, await labelCount(call));
    return tooBig === undefined ? undefined : refuse(422, tooBig);
  };

  const handle = async (request: ApiRequest): Promise<Judged> => {
    const { method, authorization } = request;
    const { path, query, moved } = resolve(world, request.target);
    if (moved !== undefined) return { answer: redirect(world, method, moved), violations: [] };
    const actor = identify(authorization, world, parts.emulator.privateKey, githubsTime(world));
    if (actor === undefined) return { answer: refuse(401, "Bad credentials"), violations: [] };
    const blocked = installationProblem(world, actor);
    if (blocked !== undefined) return { answer: blocked, violations: [] };

    const matched = findOperation(method, path);
    if (matched === undefined)
      return { answer: notFound(), violations: [`no operation is described as ${method} ${path}`] };
    const body = isObject(request.body) ? request.body : {};
    const call = callFor(matched, actor, method, path, query, body);
    const problems = [...checkRequest(matched, query, request.body), ...permissionProblems(call)];
    if (problems.length > 0) return { answer: refuse(422, problems.join("; ")), call, violations: problems };
    if (isHidden(call)) return { answer: notFound(), call, violations: [] };
    const refused = await refusal(call);
    if (refused !== undefined) return { answer: refused, call, violations: [] };

    const given = await route(call);
    return { answer: given, call, violations: checkResponse(matched, given.status, given.body) };
  };

  return {
    permissionsUsed,
    handle,
    ask,
    operationOf: (method, target) => findOperation(method, resolve(world, target).path)?.id ?? "unknown",
  };
}

/** Strips what an Enterprise address adds, and follows `/repositories/:id` and renamed repositories. */
function resolve(world: World, target: string) {
  const url = new URL(target, world.url);
  const path = url.pathname.replace(/^\/api\/v3(?=\/)/, "");
  const query = url.searchParams;
  const [, id, rest = ""] = /^\/repositories\/(\d+)(\/.*)?$/.exec(path) ?? [];
  if (id !== undefined) {
    const known = world.repositories.get(Number(id));
    return { path: known === undefined ? path : `/repos/${fullName(known)}${rest}`, query };
  }
  const [, name, tail = ""] = /^\/repos\/([^/]+\/[^/]+)(\/.*)?$/.exec(path) ?? [];
  const former = name === undefined ? undefined : world.formerNames.get(name);
  const search = url.search;
  return {
    path,
    query,
    ...(former === undefined ? {} : { moved: `/repositories/${former}${tail}${search}` }),
  };
}

/** https://docs.github.com/rest/using-the-rest-api/best-practices-for-using-the-rest-api#follow-redirects */
function redirect(world: World, method: string, target: string): Answer {
  const url = world.url + target;
  const message = method === "GET" ? "Moved Permanently" : "Temporary Redirect";
  return answer(method === "GET" ? 301 : 307, { message, url, documentation_url: url }, { location: url });
}

function installationProblem(world: World, actor: Actor): Answer | undefined {
  if (actor.kind !== "installation") return undefined;
  const installation = world.installations.get(actor.owner);
  if (installation === undefined) return refuse(401, "Bad credentials");
  return installation.suspendedAt === null ? undefined : refuse(403, "This installation has been suspended");
}

/** What is private does not exist for those who may not read it. */
function isHidden({ actor, params, repository }: Call): boolean {
  if (params["owner"] === undefined) return false;
  if (repository === undefined) return true;
  if (!repository.isPrivate) return false;
  return !mayRead(repository, actor);
}

export function mayRead(repository: Repository, actor: Actor): boolean {
  if (!repository.isPrivate) return true;
  if (actor.kind === "installation") return isCovered(repository, actor);
  if (actor.kind !== "person") return false;
  const role = repository.roles.get(actor.login)?.permission;
  return actor.login === "ann-admin" || (role !== undefined && role !== "none");
}

async function labelCount(call: Call): Promise<number> {
  if (call.operation !== "issues/add-labels") return 0;
  const { owner, repo, issue_number } = call.params;
  const { body } = await call.ask("GET", `/repos/${owner}/${repo}/issues/${issue_number}`);
  const labels = isObject(body) ? body["labels"] : [];
  return Array.isArray(labels) ? labels.length : 0;
}
