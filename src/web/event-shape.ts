/**
 * Is this body what its header says it is?
 *
 * GitHub signs the body and not the headers, so a recorded body could be sent again as another event. What an event
 * always has, and what it never has, tells them apart. This is no validation: what is acted on is asked of GitHub anyway.
 * https://docs.github.com/webhooks/webhook-events-and-payloads
 */

interface Shape {
  /** Objects it has; of `a.b` both. */
  readonly has: readonly string[];
  /** What another event has besides the same ones. */
  readonly lacks?: readonly string[];
  /** Arrays it has. */
  readonly lists?: readonly string[];
}

/** The events we act on. */
const SHAPES: Readonly<Record<string, Shape>> = {
  pull_request: {
    has: ["pull_request", "repository", "sender"],
    lacks: ["review", "comment", "thread", "check_run", "check_suite"],
  },
  issue_comment: { has: ["comment", "issue", "repository", "sender"] },
  check_run: { has: ["check_run", "repository", "sender"], lacks: ["deployment"] },
  check_suite: { has: ["check_suite", "repository", "sender"], lacks: ["check_run"] },
  // Every event of an App names its installation; only those about it have the whole of it.
  installation: { has: ["installation.account", "sender"], lacks: ["repositories_added"] },
  installation_repositories: {
    has: ["installation.account", "sender"],
    lists: ["repositories_added", "repositories_removed"],
  },
};

export type EventShape = "fits" | "does-not-fit" | "unknown-event";

export function eventShape(event: string, payload: Readonly<Record<string, unknown>>): EventShape {
  const shape = Object.hasOwn(SHAPES, event) ? SHAPES[event] : undefined;
  if (shape === undefined) return "unknown-event";
  const fits =
    typeof payload["action"] === "string" &&
    shape.has.every((path) => isObject(valueAt(payload, path))) &&
    (shape.lacks ?? []).every((key) => !Object.hasOwn(payload, key)) &&
    (shape.lists ?? []).every((key) => Array.isArray(payload[key]));
  return fits ? "fits" : "does-not-fit";
}

function valueAt(payload: Readonly<Record<string, unknown>>, path: string): unknown {
  let value: unknown = payload;
  for (const key of path.split(".")) value = isObject(value) ? value[key] : undefined;
  return value;
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
