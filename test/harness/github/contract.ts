/**
 * The contract: is this request one that GitHub describes, and is this answer one that GitHub could give?
 *
 * A request is checked for an operation that exists, its query, its path and its body, unknown fields refused. What
 * the description leaves out (sizes of comments and labels) is `github-limits.ts`. Answers are open: GitHub adds
 * fields at any time.
 */
import { Ajv2019, type ValidateFunction } from "ajv/dist/2019.js";
import { description, type Operation, type Parameter, type Schema, toJsonSchema } from "./description.ts";

export interface MatchedOperation {
  readonly operation: Operation;
  readonly id: string;
  /** Decoded. */
  readonly params: Readonly<Record<string, string>>;
}

const ajv = new Ajv2019({ strict: false, allErrors: true, logger: false, coerceTypes: false });
ajv.addFormat("uri", { type: "string", validate: isUri });
ajv.addFormat("date-time", {
  type: "string",
  validate: /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/,
});
for (const format of [
  "int64",
  "timestamp",
  "repo.nwo",
  "email",
  "hostname",
  "uri-template",
  "decimal",
  "byte",
])
  ajv.addFormat(format, true);
const lenient = new Ajv2019({ strict: false, logger: false, coerceTypes: true });
lenient.addFormat("date-time", true);
lenient.addFormat("int64", true);

const compiled = new Map<string, ValidateFunction>();

function validator(key: string, schema: () => Schema, closed: boolean): ValidateFunction {
  const known = compiled.get(key);
  if (known !== undefined) return known;
  const made = ajv.compile(toJsonSchema(schema(), closed));
  compiled.set(key, made);
  return made;
}

/** The address without origin and query: `/repos/o/r/issues/1/comments`. */
export function findOperation(method: string, path: string): MatchedOperation | undefined {
  const segments = path.split("/");
  const matches = Object.entries(description().paths).flatMap(([template, operations]) => {
    const operation = operations[method.toLowerCase()];
    const params = operation === undefined ? undefined : matchPath(template.split("/"), segments);
    return operation === undefined || params === undefined ? [] : [{ operation, params }];
  });
  // `/issues/comments/1` is more exact than `/issues/{issue_number}/…`: fewest parameters win.
  const best = matches.sort((a, b) => Object.keys(a.params).length - Object.keys(b.params).length)[0];
  return best && { ...best, id: best.operation.operationId };
}

function matchPath(
  template: readonly string[],
  segments: readonly string[],
): Record<string, string> | undefined {
  if (template.length !== segments.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, part] of template.entries()) {
    const segment = segments[index] ?? "";
    const name = /^\{(.+)\}$/.exec(part)?.[1];
    if (name === undefined ? part !== segment : segment === "") return undefined;
    if (name !== undefined) params[name] = decodeURIComponent(segment);
  }
  return params;
}

/** One sentence per violation; none where the request is as described. */
export function checkRequest(
  { operation, id, params }: MatchedOperation,
  query: URLSearchParams,
  body: unknown,
): readonly string[] {
  const problems: string[] = [];
  const described = new Map((operation.parameters ?? []).map((parameter) => [parameter.name, parameter]));
  for (const [name, value] of query) {
    const parameter = described.get(name);
    if (parameter?.in !== "query") problems.push(`unknown query parameter ${name}`);
    else problems.push(...checkParameter(parameter, value));
  }
  for (const [name, value] of Object.entries(params)) {
    const parameter = described.get(name);
    if (parameter !== undefined) problems.push(...checkParameter(parameter, value));
  }
  const schema = operation.requestBody?.content["application/json"]?.schema;
  if (body !== undefined && schema === undefined) problems.push("a body where none is described");
  if (body === undefined && operation.requestBody?.required === true) problems.push("no body");
  if (body !== undefined && schema !== undefined) {
    const validate = validator(`${id} request`, () => schema, true);
    if (!validate(body)) problems.push(...errors(validate));
  }
  return problems.map((problem) => `${id}: request: ${problem}`);
}

function checkParameter(parameter: Parameter, value: string): string[] {
  const data = { value };
  const valid = lenient.validate({ type: "object", properties: { value: parameter.schema } }, data);
  return valid ? [] : [`${parameter.name}=${value} ${lenient.errorsText()}`];
}

/** Where the description denies what GitHub does. */
const GAPS = [
  // The repository of a fork that is gone is null.
  /^pulls\/(get|list|update): .*\/head\/repo must be object/,
  // An account is a user or an enterprise; the description demands both at once.
  /^apps\/(list-installations|get-\w*-?installation): .*\/account must/,
];

export function checkResponse(matched: MatchedOperation, status: number, body: unknown): readonly string[] {
  const { operation, id } = matched;
  const response = operation.responses[String(status)];
  // Errors that any operation can have are not listed for each.
  if (response === undefined)
    return status >= 400 ? [] : [`${id}: response: status ${status} is not described`];
  const schema = response.content?.["application/json"]?.schema;
  if (schema === undefined) return [];
  const validate = validator(`${id} ${status}`, () => schema, false);
  if (validate(body)) return [];
  const problems = errors(validate).map((error) => `${id}: response ${status}: ${error}`);
  return problems.filter((problem) => !GAPS.some((gap) => gap.test(problem)));
}

/** Whether GitHub could send this payload. `event` as in the header, `action` as in the payload. */
export function checkWebhook(event: string, payload: Schema): readonly string[] {
  const action = payload["action"];
  const name = [event, action]
    .filter((part) => typeof part === "string")
    .join("-")
    .replaceAll("_", "-");
  const schema = description()["x-webhooks"][name]?.post.requestBody?.content["application/json"]?.schema;
  if (schema === undefined) return [`webhook ${name} is not described`];
  const validate = validator(`webhook ${name}`, () => schema, false);
  return validate(payload) ? [] : errors(validate).map((error) => `webhook ${name}: ${error}`);
}

function errors(validate: ValidateFunction): string[] {
  const lines = (validate.errors ?? []).map((error) => {
    const field = error.params["unevaluatedProperty"] ?? error.params["additionalProperty"];
    return `${error.instancePath || "/"} ${error.message}${field === undefined ? "" : ` (${String(field)})`}`;
  });
  return [...new Set(lines)].slice(0, 12);
}

function isUri(text: string): boolean {
  return URL.canParse(text) && !/[[\]\s{}]/.test(text);
}
