/**
 * Events: what happened, as the payload GitHub would send to the App's installation. Each payload is checked against
 * GitHub's description before it goes out, so that no test is green on a payload that cannot exist.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Actor } from "./actors.ts";
import type { Api } from "./api.ts";
import { checkWebhook } from "./contract.ts";
import type { Deliveries, Delivery } from "./deliveries.ts";
import { installationObject } from "./routes/apps.ts";
import { suiteObject } from "./routes/checks.ts";
import { isObject, type Json, userObject } from "./shapes.ts";
import {
  type CheckRunExtras,
  fullName,
  type Installation,
  type Pull,
  type Repository,
  repositoryById,
  type World,
} from "./world.ts";

export type Sent = Promise<Delivery | undefined>;

export interface Events {
  pullRequest(pull: Pull, action: string, sender: string, more?: Json): Sent;
  comment(repository: Repository, number: number, comment: Json, action: string, sender: string): Sent;
  checkRun(run: CheckRunExtras, action: string, sender: string, more?: Json): Sent;
  checkSuite(suiteId: number, repository: Repository, action: string, sender: string): Sent;
  installation(installation: Installation, action: string): Sent;
  repository(repository: Repository, action: string, changes: Json): Sent;
}

export interface EventOptions {
  readonly world: World;
  readonly api: Api;
  readonly deliveries: Deliveries;
  readonly violations: (problems: readonly string[]) => void;
}

const READER: Actor = { kind: "person", login: "ann-admin" };

export function createEvents({ world, api, deliveries, violations }: EventOptions): Events {
  /** Under another name the next time, where the repository is being renamed or transferred just now. */
  const read = async (repository: Repository, tail = ""): Promise<Json> => {
    for (let tries = 1; ; tries += 1) {
      const path = `/repos/${fullName(repository)}${tail}`;
      const { status, body } = await api.ask(READER, "GET", path);
      if (isObject(body) && status === 200) return body;
      if (status !== 404 || tries === 20) throw new Error(`GET ${path} answered ${status}`);
      await sleep(50);
    }
  };

  /** Only what the App subscribed to, for repositories whose owner has installed it and not suspended it. */
  const send = async (event: string, repository: Repository, sender: string, payload: Json): Sent => {
    const installation = world.installations.get(repository.owner as Installation["owner"]);
    if (installation === undefined || installation.suspendedAt !== null) return undefined;
    if (!world.events.includes(event)) return undefined;
    return post(event, installation, {
      ...payload,
      repository: await read(repository),
      sender: userObject(world.url, sender),
    });
  };

  const post = (event: string, installation: Installation, payload: Json): Sent => {
    const whole = { installation: { id: installation.id, node_id: `MDI_${installation.id}` }, ...payload };
    violations(checkWebhook(event, whole));
    return deliveries.send(event, whole);
  };

  return {
    async pullRequest(pull, action, sender, more = {}) {
      const repository = repositoryById(world, pull.repositoryId);
      const { number } = pull;
      // From the list: asking for one pull request would make GitHub merge it.
      const list = await api.ask(
        READER,
        "GET",
        `/repos/${fullName(repository)}/pulls?state=all&per_page=100`,
      );
      const pullRequest = Array.isArray(list.body)
        ? list.body.find((one) => one.number === number)
        : undefined;
      return send("pull_request", repository, sender, {
        action,
        number,
        pull_request: pullRequest,
        ...more,
      });
    },
    async comment(repository, number, comment, action, sender) {
      const issue = await read(repository, `/issues/${number}`);
      const changes = action === "edited" ? { changes: { body: { from: "" } } } : {};
      return send("issue_comment", repository, sender, { action, issue, comment, ...changes });
    },
    async checkRun(run, action, sender, more = {}) {
      const repository = repositoryById(world, run.repositoryId);
      const checkRun = await read(repository, `/check-runs/${run.id}`);
      const suite = await suiteObject(
        { world, ask: (method, path) => api.ask(READER, method, path) },
        run.suiteId,
      );
      return send("check_run", repository, sender, {
        action,
        check_run: { ...checkRun, check_suite: suite },
        ...more,
      });
    },
    async checkSuite(suiteId, repository, action, sender) {
      const suite = await suiteObject(
        { world, ask: (method, path) => api.ask(READER, method, path) },
        suiteId,
      );
      return send("check_suite", repository, sender, { action, check_suite: suite });
    },
    async installation(installation, action) {
      const repositories = [...world.repositories.values()]
        .filter(({ owner }) => owner === installation.owner)
        .map((repository) => ({
          id: repository.id,
          node_id: `R_${repository.id}`,
          name: repository.name,
          full_name: fullName(repository),
          private: repository.isPrivate,
        }));
      return post("installation", installation, {
        action,
        installation: installationObject(installation, world),
        repositories,
        requester: null,
        sender: userObject(world.url, "ann-admin"),
      });
    },
    repository: (repository, action, changes) =>
      send("repository", repository, "ann-admin", { action, changes }),
  };
}
