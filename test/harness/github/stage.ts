/** What the parts of the vocabulary share: the fake GitHub behind the scenes. */
import type { Actor } from "./actors.ts";
import type { Api } from "./api.ts";
import type { Login } from "./cast.ts";
import type { Deliveries } from "./deliveries.ts";
import type { Answer } from "./emulator.ts";
import type { Events } from "./events.ts";
import type { Pushed } from "./git-door.ts";
import type { GitRepositories } from "./git-repositories.ts";
import type { Server } from "./server.ts";
import { isObject, type Json } from "./shapes.ts";
import { fullName, type Pull, repositoryById, type World } from "./world.ts";

export interface Stage {
  readonly world: World;
  readonly api: Api;
  readonly git: GitRepositories;
  readonly events: Events;
  readonly deliveries: Deliveries;
  readonly server: Server;
  readonly pushed: (pushed: Pushed) => Promise<void>;
  /** Comments of the App that a test has looked at. */
  readonly readComments: Set<number>;
}

export const ADMIN: Actor = { kind: "person", login: "ann-admin" };

export function person(login: Login): Actor {
  return { kind: "person", login };
}

/** @throws where the answer is no success: the story itself is wrong */
export async function must(
  stage: Stage,
  actor: Actor,
  method: string,
  path: string,
  body?: Json,
): Promise<Json> {
  const answer = await stage.api.ask(actor, method, path, body);
  if (answer.status >= 300)
    throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
  return isObject(answer.body) ? answer.body : {};
}

/** All pages of a list, as everybody sees it. */
export async function list(stage: Stage, path: string): Promise<Json[]> {
  const found: Json[] = [];
  for (let page = 1; ; page += 1) {
    const joint = path.includes("?") ? "&" : "?";
    const answer: Answer = await stage.api.ask(ADMIN, "GET", `${path}${joint}per_page=100&page=${page}`);
    const items = Array.isArray(answer.body) ? answer.body.filter(isObject) : [];
    found.push(...items);
    if (items.length < 100) return found;
  }
}

/** `/repos/owner/name` of a pull request's repository, as it is called now. */
export function home(stage: Stage, pull: Pull): string {
  return `/repos/${fullName(repositoryById(stage.world, pull.repositoryId))}`;
}
