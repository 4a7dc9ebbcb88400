/**
 * The keys of `.github/modprobot.yml` as Markdown: descriptions and defaults from the schema, examples from
 * `docs/modprobot.example.yml`, and what each key may be in the very words with which the parser refuses anything else.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { parseConfig } from "../../src/config/config.ts";
import { configJsonSchema } from "../../src/config/json-schema.ts";
import { DEFAULT_MODPROBE } from "../../src/domain/modprobe-defaults.ts";
import { UserError } from "../../src/errors.ts";
import { table } from "./markdown.ts";

export const EXAMPLE_FILE = join(import.meta.dirname, "../modprobot.example.yml");

interface Node {
  readonly description?: string;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly items?: Node;
  readonly anyOf?: readonly Node[];
  readonly minItems?: number;
  readonly maxItems?: number;
}
type Path = readonly (string | number)[];

export function configurationKeys(): string {
  const { properties = {} } = configJsonSchema() as Node;
  return Object.entries(properties)
    .map(([key, node]) => keySection(key, node))
    .join("\n\n");
}

function keySection(key: string, node: Node): string {
  const keysInside = mappingKeys(node);
  const isMapping = node.properties !== undefined;
  return [
    `### \`${key}\``,
    node.description ?? "",
    ...(isMapping ? [] : [`- May be: ${form([key], node)}\n- Default: ${defaultOf(key, node)}`]),
    ...(keysInside === undefined ? [] : [keyTable([key], keysInside)]),
    ...nestedItems(key, node),
    `\`\`\`yaml\n${exampleText(key)}\n\`\`\``,
  ].join("\n\n");
}

function keyTable(path: Path, keys: Readonly<Record<string, Node>>): string {
  return table(
    ["key", "may be", "default", "meaning"],
    Object.entries(keys).map(([key, node]) => [
      `\`${key}\``,
      form([...path, key], node),
      node.default === undefined ? "has to be given" : inline(node.default),
      node.description ?? "",
    ]),
  );
}

/** Mappings in a list, at the top or one level down: each gets a table of its own. */
function nestedItems(key: string, node: Node): readonly string[] {
  const found: string[] = [];
  const visit = (path: Path, at: Node) => {
    const inside = at.items === undefined ? undefined : mappingKeys(at.items);
    if (inside !== undefined) {
      const index = listInExample(path).findIndex((item) => typeof item === "object");
      found.push(`Each mapping in \`${path.join(".")}\`:`, keyTable([...path, index], inside));
    }
    for (const [name, child] of Object.entries(mappingKeys(at) ?? {})) visit([...path, name], child);
  };
  visit([key], node);
  return found;
}

function mappingKeys(node: Node): Readonly<Record<string, Node>> | undefined {
  return node.properties ?? node.anyOf?.find(({ properties }) => properties !== undefined)?.properties;
}

/** What is allowed, as the parser says when it sees what is allowed nowhere. */
function form(path: Path, node: Node): string {
  const words = allowed(path);
  if (node.items === undefined) return words;
  const { minItems = 0, maxItems } = node;
  const length =
    maxItems === undefined ? "" : ` (${minItems === 0 ? "at most" : `${minItems} to`} ${maxItems})`;
  return `${words}${length}, each ${allowed([...path, 0])}`;
}

function allowed(path: Path): string {
  const config: unknown = structuredClone(example());
  set(config, path, Number.NaN);
  try {
    parseConfig(stringify(config), "example");
  } catch (error) {
    const words = error instanceof UserError ? /allowed: (.*)/.exec(error.details)?.[1] : undefined;
    if (words !== undefined) return words.replaceAll("|", "\\|").replaceAll("*", "\\*");
    throw error;
  }
  throw new Error(`${path.join(".")} may be anything`);
}

function set(value: unknown, path: Path, to: unknown): void {
  const [step, ...rest] = path;
  if (step === undefined || typeof value !== "object" || value === null)
    throw new Error(`${EXAMPLE_FILE} has nothing at ${path.join(".")}`);
  if (rest.length === 0) Reflect.set(value, step, to);
  else set(Reflect.get(value, step), rest, to);
}

function defaultOf(key: string, node: Node): string {
  if (key === "modprobe") {
    const modules = DEFAULT_MODPROBE.map(({ module, options }) =>
      [module, ...Object.entries(options).map(([name, value]) => `${name}=${value}`)].join(" "),
    );
    return `${inline(modules)}, those of them that the kernel has`;
  }
  if (key === "systems") return "the system of the machine that checks";
  return inline(node.default);
}

function inline(value: unknown): string {
  return `\`${flow(value)}\``;
}

function flow(value: unknown): string {
  return stringify(value, { collectionStyle: "flow", lineWidth: 0, flowCollectionPadding: false }).trim();
}

function exampleText(key: string): string {
  const text = readFileSync(EXAMPLE_FILE, "utf8");
  const lines = text.split("\n");
  const start = lines.findIndex((line) => line.startsWith(`${key}:`));
  if (start === -1) throw new Error(`${EXAMPLE_FILE} has no ${key}`);
  const length = lines.slice(start + 1).findIndex((line) => !line.startsWith(" "));
  return lines.slice(start, start + 1 + length).join("\n");
}

function example(): unknown {
  return parse(readFileSync(EXAMPLE_FILE, "utf8"));
}

function listInExample(path: Path): readonly unknown[] {
  let value: unknown = example();
  for (const step of path) value = Reflect.get(value as object, step);
  return value as readonly unknown[];
}
