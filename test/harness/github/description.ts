/**
 * GitHub's own description of its interface (`@octokit/openapi`), slimmed to what a GitHub App can meet.
 *
 * Read once per process. Schemas are written for OpenAPI 3.0, whose `nullable` and open objects ajv does not
 * read the way they are meant; `toJsonSchema` rewrites them, and closes the objects of requests, because a field
 * GitHub does not know is a mistake of ours that GitHub would silently ignore.
 */
import { readFileSync } from "node:fs";

export type Schema = { readonly [key: string]: unknown };
export interface Parameter {
  readonly name: string;
  readonly in: "path" | "query" | "header";
  readonly required?: boolean;
  readonly schema: Schema;
}
type Content = Readonly<Record<string, { readonly schema: Schema }>>;
export interface Operation {
  /** `issues/create-comment` */
  readonly operationId: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly required?: boolean; readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly content?: Content }>>;
}
interface Description {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly "x-webhooks": Readonly<Record<string, { readonly post: Operation }>>;
}

const FILE = new URL(
  "../../../node_modules/@octokit/openapi/generated/api.github.com.deref.json",
  import.meta.url,
);
const KEPT = /^(apps|checks|git|issues|meta|pulls|rate-limit|reactions|repos|users)\//;
const KEPT_EVENTS = /^(check-(run|suite)|installation|issue-comment|ping|pull-request|push|repository)/;

let slim: Description | undefined;

export function description(): Description {
  slim ??= readSlim();
  return slim;
}

function readSlim(): Description {
  const whole = JSON.parse(readFileSync(FILE, "utf8")) as Description;
  const paths = Object.entries(whole.paths).flatMap(([path, operations]) => {
    const kept = Object.entries(operations).filter(([, operation]) => KEPT.test(operation.operationId ?? ""));
    return kept.length === 0 ? [] : [[path, Object.fromEntries(kept)] as const];
  });
  const webhooks = Object.entries(whole["x-webhooks"]).filter(([name]) => KEPT_EVENTS.test(name));
  return { paths: Object.fromEntries(paths), "x-webhooks": Object.fromEntries(webhooks) };
}

/** `closed`: objects that list their fields have no others. */
export function toJsonSchema(schema: Schema, closed: boolean): Schema {
  return rewrite(schema, closed) as Schema;
}

function rewrite(node: unknown, closed: boolean, isAlternative = false): unknown {
  if (Array.isArray(node)) return node.map((item) => rewrite(item, closed, isAlternative));
  if (typeof node !== "object" || node === null) return node;
  const { nullable, ...rest } = node as Schema;
  const written = Object.fromEntries(
    Object.entries(rest).map(([key, value]) => [key, rewriteMember(key, value, closed)]),
  );
  // In an alternative `additionalProperties: true` would count every field as known and open the whole.
  if (isAlternative && written["additionalProperties"] === true) delete written["additionalProperties"];
  if (closed && !isAlternative && "properties" in written && !("additionalProperties" in written))
    written["unevaluatedProperties"] = false;
  return nullable === true ? { anyOf: [{ type: "null" }, written] } : written;
}

function rewriteMember(key: string, value: unknown, closed: boolean): unknown {
  if (key === "properties")
    return Object.fromEntries(
      Object.entries(value as Schema).map(([name, schema]) => [name, rewrite(schema, closed)]),
    );
  if (key === "oneOf" || key === "anyOf" || key === "allOf") return rewrite(value, closed, true);
  if (key === "enum" || key === "default" || key === "required") return value;
  return rewrite(value, closed);
}
