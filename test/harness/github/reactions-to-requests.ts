/** What GitHub tells the App about what the App itself did: comments, check runs and labels come back as events. */
import { actorLogin } from "./actors.ts";
import type { Call } from "./call.ts";
import type { Answer } from "./emulator.ts";
import type { Events, Sent } from "./events.ts";
import { isObject } from "./shapes.ts";
import { findPull } from "./world.ts";

/** Undefined where nothing follows. */
export function eventAfter(call: Call, { status, body }: Answer, events: Events): Sent | undefined {
  const { operation, repository, world, params } = call;
  if (status >= 300 || repository === undefined) return undefined;
  const sender = actorLogin(call.actor);
  switch (operation) {
    case "issues/create-comment":
    case "issues/update-comment": {
      if (!isObject(body)) return undefined;
      const number = Number(/\/issues\/(\d+)$/.exec(String(body["issue_url"]))?.[1]);
      const action = operation === "issues/create-comment" ? "created" : "edited";
      return events.comment(repository, number, body, action, sender);
    }
    case "checks/create":
    case "checks/update": {
      const run = world.checkRuns.get(isObject(body) ? Number(body["id"]) : 0);
      if (run === undefined || !isObject(body)) return undefined;
      if (body["status"] === "completed") return events.checkRun(run, "completed", sender);
      return operation === "checks/create" ? events.checkRun(run, "created", sender) : undefined;
    }
    case "issues/add-labels": {
      const pull = findPull(world, repository.id, Number(params["issue_number"]));
      const label = Array.isArray(body) ? body.at(-1) : undefined;
      return pull && events.pullRequest(pull, "labeled", sender, { label });
    }
    default:
      return undefined;
  }
}
