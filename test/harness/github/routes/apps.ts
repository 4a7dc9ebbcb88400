/** The App as itself: installations, their tokens and repositories, deliveries, the webhook's settings, its making. */
import { randomBytes } from "node:crypto";
import { answer, type Call, forward, notFound, page, type Routes, refuse } from "../call.ts";
import { longToken, type Owner, personToken, userId, userType } from "../cast.ts";
import type { Delivery } from "../deliveries.ts";
import { APP } from "../emulator.ts";
import { appObject, isObject, type Json, userObject } from "../shapes.ts";
import { fullName, type Installation, isCovered, type World } from "../world.ts";

const TOKEN_LIFE_MS = 3_600_000;

export const appRoutes: Routes = {
  "apps/get-authenticated": asApp(async ({ world }) =>
    answer(200, { ...appObject(world), installations_count: world.installations.size }),
  ),
  "apps/list-installations": asApp(async (call) => {
    const all = [...call.world.installations.values()].map((one) => installationObject(one, call.world));
    const { items, headers } = page(call, all);
    return answer(200, items, headers);
  }),
  "apps/get-installation": asApp(async ({ world, params }) => {
    const found = byId(world, params["installation_id"]);
    return found === undefined ? notFound() : answer(200, installationObject(found, world));
  }),
  "apps/get-repo-installation": asApp(async ({ world, repository }) => {
    const found = world.installations.get(repository?.owner as Owner);
    return found === undefined ? notFound() : answer(200, installationObject(found, world));
  }),
  "apps/create-installation-access-token": asApp(createToken),
  "apps/list-repos-accessible-to-installation": listRepositories,
  "apps/get-webhook-config-for-app": asApp(async ({ world }) => answer(200, webhookConfig(world))),
  "apps/update-webhook-config-for-app": asApp(async ({ world }) => answer(200, webhookConfig(world))),
  "apps/list-webhook-deliveries": asApp(listDeliveries),
  "apps/get-webhook-delivery": asApp(async (call) => {
    const found = delivery(call);
    return found === undefined ? refuse(422, "Not Found") : answer(200, deliveryObject(found));
  }),
  "apps/redeliver-webhook-delivery": asApp(async (call) => {
    const found = delivery(call);
    if (found === undefined) return refuse(422, "Not Found");
    void call.deliveries.sendAgain(found);
    return answer(202, {});
  }),
  "apps/create-from-manifest": async ({ world, params, emulator }) => {
    const registration = world.registrations.get(params["code"] ?? "");
    if (registration === undefined) return notFound();
    world.registrations.delete(params["code"] ?? "");
    // There is one App here, which this one is from now on.
    const { hook_attributes } = registration.manifest as { hook_attributes: { url: string } };
    world.hook.webhookUrl = hook_attributes.url;
    return answer(201, {
      ...appObject(world),
      client_secret: randomBytes(20).toString("hex"),
      webhook_secret: world.hook.webhookSecret,
      pem: emulator.privateKey,
    });
  },
};

function asApp(route: (call: Call) => ReturnType<Routes[string]>): Routes[string] {
  return (call) =>
    call.actor.kind === "app"
      ? route(call)
      : Promise.resolve(refuse(401, "A JSON web token could not be decoded"));
}

async function createToken(call: Call) {
  const installation = byId(call.world, call.params["installation_id"]);
  if (installation === undefined) return notFound();
  if (installation.suspendedAt !== null) return refuse(403, "This installation has been suspended");
  const made = await forward(call);
  if (made.status !== 201 || !isObject(made.body)) return made;
  const token = longToken(APP.id);
  const permissions = made.body["permissions"] as Record<string, string>;
  const expiresAt = Date.now() + TOKEN_LIFE_MS;
  call.world.tokens.set(token, {
    owner: installation.owner,
    inner: String(made.body["token"]),
    permissions,
    repositories: namesOf(made.body["repositories"]),
    expiresAt,
  });
  const inFull = await inFullOf(call, made.body["repositories"]);
  return { ...made, body: { ...made.body, ...inFull, token } };
}

/** The emulator lists names and ids only. */
async function inFullOf(call: Call, repositories: unknown): Promise<Json> {
  if (!Array.isArray(repositories)) return {};
  const reader = personToken("ann-admin");
  const found = repositories.map((one) => call.emulator.call(reader, "GET", `/repos/${one.full_name}`));
  return { repositories: (await Promise.all(found)).map(({ body }) => body) };
}

function namesOf(repositories: unknown): string[] | null {
  return Array.isArray(repositories) ? repositories.filter(isObject).map(({ name }) => String(name)) : null;
}

async function listRepositories(call: Call) {
  const { actor, world } = call;
  if (actor.kind !== "installation") return refuse(403, "Resource not accessible by integration");
  const names = [...world.repositories.values()].filter((one) => isCovered(one, actor)).map(fullName);
  const { items, headers } = page(call, names.sort());
  const found = await Promise.all(items.map((name) => call.ask("GET", `/repos/${name}`)));
  const repositories = found.map(({ body }) => body);
  return answer(200, { total_count: names.length, repository_selection: "all", repositories }, headers);
}

/** Newest first; `cursor` is the id of the last one seen. */
async function listDeliveries(call: Call) {
  const size = Math.min(100, Number(call.query.get("per_page") ?? 30));
  const cursor = call.query.get("cursor");
  const status = call.query.get("status");
  const newestFirst = [...call.deliveries.log]
    .reverse()
    .filter(({ statusCode }) => statusCode !== 0)
    .filter(({ statusCode }) => status === null || (status === "success") === statusCode < 400);
  const start = cursor === null ? 0 : newestFirst.findIndex(({ id }) => String(id) === cursor) + 1;
  const items = newestFirst.slice(start, start + size);
  const last = items.at(-1);
  const hasMore = start + size < newestFirst.length && last !== undefined;
  const next = `<${call.world.url}/app/hook/deliveries?per_page=${size}&cursor=${last?.id}>; rel="next"`;
  return answer(200, items.map(deliverySummary), hasMore ? { link: next } : {});
}

function delivery({ deliveries, params }: Call): Delivery | undefined {
  return deliveries.log.find(({ id }) => String(id) === params["delivery_id"]);
}

function deliverySummary(from: Delivery): Json {
  return {
    id: from.id,
    guid: from.guid,
    delivered_at: from.deliveredAt,
    redelivery: from.redelivery,
    duration: from.seconds,
    status: from.status,
    status_code: from.statusCode,
    event: from.event,
    action: from.action,
    installation_id: from.installationId,
    repository_id: from.repositoryId,
    throttled_at: null,
  };
}

function deliveryObject(from: Delivery): Json {
  return {
    ...deliverySummary(from),
    url: "",
    request: { headers: {}, payload: from.payload },
    response: { headers: {}, payload: null },
  };
}

function byId(world: World, id: string | undefined): Installation | undefined {
  return [...world.installations.values()].find((installation) => String(installation.id) === id);
}

export function installationObject(installation: Installation, world: World): Json {
  const { id, owner, suspendedAt } = installation;
  return {
    id,
    account: userObject(world.url, owner),
    repository_selection: "all",
    access_tokens_url: `${world.url}/app/installations/${id}/access_tokens`,
    repositories_url: `${world.url}/installation/repositories`,
    html_url: `${world.url}/settings/installations/${id}`,
    app_id: APP.id,
    client_id: "Iv23liModprobotTest0",
    app_slug: APP.slug,
    target_id: userId(owner),
    target_type: userType(owner),
    permissions: world.permissions,
    events: world.events,
    created_at: world.startedAt,
    updated_at: world.startedAt,
    single_file_name: null,
    has_multiple_single_files: false,
    single_file_paths: [],
    suspended_by: suspendedAt === null ? null : userObject(world.url, "ann-admin"),
    suspended_at: suspendedAt,
  };
}

function webhookConfig(world: World): Json {
  const { webhookUrl, webhookSecret } = world.hook;
  return {
    content_type: "json",
    insecure_ssl: "0",
    ...(webhookSecret === "" ? {} : { secret: "********" }),
    ...(webhookUrl === undefined ? {} : { url: webhookUrl }),
  };
}
