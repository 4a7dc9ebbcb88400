/**
 * Webhook payloads made from GitHub's own description: everything it requires, and what a test sets. GitHub's
 * published examples are older than the description and fail it in half of the cases.
 */
import { checkWebhook } from "./harness/github/contract.ts";
import { description, type Schema } from "./harness/github/description.ts";

type Json = Readonly<Record<string, unknown>>;

/** @throws Error naming what GitHub could not have sent. @param name `pull_request.opened` */
export function payload(name: string, set: Json): Json {
  const [event = "", action] = name.split(".");
  const key = name.replaceAll(/[._]/g, "-");
  const schema = description()["x-webhooks"][key]?.post.requestBody?.content["application/json"]?.schema;
  if (schema === undefined) throw new Error(`GitHub has no webhook ${name}`);
  const made = merge(sample(schema), action === undefined ? set : { action, ...set }) as Json;
  const wrong = checkWebhook(event, made);
  if (wrong.length > 0) throw new Error(wrong.join("\n"));
  return made;
}

/** The least that a schema takes. */
function sample(schema: Schema): unknown {
  if (schema["nullable"] === true) return null;
  if ("const" in schema) return schema["const"];
  if (Array.isArray(schema["enum"])) return schema["enum"][0];
  for (const key of ["oneOf", "anyOf"]) {
    const alternatives = schema[key] as readonly Schema[] | undefined;
    if (alternatives?.[0] !== undefined) return merge(sampleObject(schema), sample(alternatives[0]));
  }
  const parts = schema["allOf"] as readonly Schema[] | undefined;
  if (parts !== undefined) return parts.map(sample).reduce(merge, sampleObject(schema));
  switch (schema["type"]) {
    case "object":
      return sampleObject(schema);
    case "array":
      return [];
    case "integer":
    case "number":
      return schema["minimum"] ?? 1;
    case "boolean":
      return false;
    case "string":
      return sampleText(schema["format"]);
    default:
      return "properties" in schema ? sampleObject(schema) : "";
  }
}

function sampleObject(schema: Schema): Json {
  const properties = (schema["properties"] ?? {}) as Readonly<Record<string, Schema>>;
  const required = (schema["required"] ?? []) as readonly string[];
  return Object.fromEntries(required.map((name) => [name, sample(properties[name] ?? { type: "object" })]));
}

function sampleText(format: unknown): string {
  if (format === "date-time") return "2025-01-01T00:00:00Z";
  return format === "uri" || format === "uri-template" ? "https://example.org/" : "x";
}

function merge(base: unknown, over: unknown): unknown {
  if (!isObject(base) || !isObject(over)) return over === undefined ? base : over;
  const keys = new Set([...Object.keys(base), ...Object.keys(over)]);
  return Object.fromEntries(
    [...keys].map((key) => [key, key in over ? merge(base[key], over[key]) : base[key]]),
  );
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
