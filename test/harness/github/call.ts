/** One request as a route sees it, and the answers that every route can give. */
import type { Actor } from "./actors.ts";
import { innerToken } from "./actors.ts";
import type { Deliveries } from "./deliveries.ts";
import type { Answer, Emulator } from "./emulator.ts";
import type { GitRepositories } from "./git-repositories.ts";
import type { Json } from "./shapes.ts";
import type { Repository, World } from "./world.ts";

export interface Call {
  readonly world: World;
  readonly git: GitRepositories;
  readonly emulator: Emulator;
  readonly deliveries: Deliveries;
  readonly actor: Actor;
  readonly operation: string;
  readonly method: string;
  /** Without query. */
  readonly path: string;
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly body: Json;
  /** Set where the address names one. */
  readonly repository: Repository | undefined;
  /** The same pipeline without faults, records and limits: for what a route needs of another. */
  ask(method: string, path: string, body?: Json): Promise<Answer>;
}

export type Route = (call: Call) => Promise<Answer>;
export type Routes = Readonly<Record<string, Route>>;

export function answer(
  status: number,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  return { status, headers, body };
}

export function refuse(status: number, message: string): Answer {
  return answer(status, {
    message,
    documentation_url: "https://docs.github.com/rest",
    status: String(status),
  });
}

export const notFound = () => refuse(404, "Not Found");

export function forward(call: Call, body?: Json): Promise<Answer> {
  const query = call.query.size === 0 ? "" : `?${call.query}`;
  const sent = call.method === "GET" ? undefined : (body ?? call.body);
  return call.emulator.call(innerToken(call.actor), call.method, call.path + query, sent);
}

/** @throws where the address names no repository: a route put under the wrong operation */
export function repositoryOf(call: Call): Repository {
  if (call.repository === undefined) throw new Error(`${call.operation} names no repository`);
  return call.repository;
}

/** One page of a list, with GitHub's Link header. */
export function page(
  call: Call,
  items: readonly unknown[],
): { items: readonly unknown[]; headers: Record<string, string> } {
  const size = Math.min(100, Number(call.query.get("per_page") ?? 30));
  const number = Number(call.query.get("page") ?? 1);
  const last = Math.max(1, Math.ceil(items.length / size));
  const link = (to: number, rel: string) => {
    const query = new URLSearchParams(call.query);
    query.set("page", String(to));
    return `<${call.world.url}${call.path}?${query}>; rel="${rel}"`;
  };
  const links = number < last ? [link(number + 1, "next"), link(last, "last")] : [];
  return {
    items: items.slice((number - 1) * size, number * size),
    headers: links.length === 0 ? {} : { link: links.join(", ") },
  };
}
