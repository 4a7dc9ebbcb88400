/**
 * Configuration: from the text of `.github/modprobot.yml` to a `Config`, or to all its mistakes at once.
 *
 * Pure: reading the file (at base, or given with `--config`) is the caller's part. Each key is looked at by
 * itself, so that a mistake in one does not hide those in the others.
 */
import type { z } from "zod";
import { UserError } from "../errors.ts";
import { type Mistake, mistakesOf, showPath, unknownKey } from "./mistakes.ts";
import { normalizeConfig } from "./normalize.ts";
import type { Config, ConfigKey } from "./normalized.ts";
import { complaints } from "./rules.ts";
import { CONFIG_SCHEMA, type WrittenConfig } from "./schema.ts";
import { knownKeys } from "./schema-keys.ts";
import { readYaml, type YamlDocument } from "./yaml-document.ts";

export type * from "./normalized.ts";

export interface ParsedConfig {
  readonly config: Config;
  /** One line each, with the file's name and the line. */
  readonly warnings: readonly string[];
}

/** A configuration is a page of text; more is no configuration. */
const MOST_BYTES = 64 * 1024;

/** What holds without a file. */
export function defaultConfig(): Config {
  return normalizeConfig(CONFIG_SCHEMA.parse({}), new Set());
}

/**
 * An empty file, or one of comments only, means the defaults.
 *
 * @param fileName as shown in messages.
 * @throws UserError config-invalid, its details listing every mistake with line, path, what was seen and what is allowed
 */
export function parseConfig(text: string, fileName: string): ParsedConfig {
  const bytes = Buffer.byteLength(text);
  if (bytes > MOST_BYTES) {
    throw invalid(fileName, [
      { line: 1, path: "", message: `saw ${bytes} bytes; allowed: at most ${MOST_BYTES}` },
    ]);
  }
  const document = readYaml(text);
  const mistakes: Mistake[] = document.problems.map(({ line, message }) => ({ line, path: "", message }));
  if (!document.readable) throw invalid(fileName, mistakes);
  if (document.data === null) return { config: defaultConfig(), warnings: [] };
  if (!isMapping(document.data)) {
    const message = "the file holds no mapping; allowed: keys such as `kernels:` at its top";
    throw invalid(fileName, [...mistakes, { line: document.lineOf([]), path: "", message }]);
  }

  const read = readKeys(document.data, document);
  const config = normalizeConfig(read.written, read.keys);
  const said = complaints(config, read.mistaken).map(({ severity, path, message }) => ({
    severity,
    line: document.lineOf(path),
    path: showPath(path),
    message,
  }));
  mistakes.push(...read.mistakes, ...said.filter(({ severity }) => severity === "error"));
  if (mistakes.length > 0) throw invalid(fileName, mistakes);
  const warnings = said.filter(({ severity }) => severity === "warning");
  return { config, warnings: inOrder(warnings).map((warning) => showMistake(fileName, warning)) };
}

interface ReadKeys {
  /** Defaults where a key is absent or mistaken. */
  readonly written: WrittenConfig;
  readonly keys: ReadonlySet<ConfigKey>;
  readonly mistaken: ReadonlySet<ConfigKey>;
  readonly mistakes: readonly Mistake[];
}

function readKeys(data: Readonly<Record<string, unknown>>, document: YamlDocument): ReadKeys {
  const keys = new Set<ConfigKey>();
  const mistaken = new Set<ConfigKey>();
  const mistakes: Mistake[] = [];
  const valid: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(data)) {
    if (!isConfigKey(key)) {
      mistakes.push(unknownKey(key, [], document, CONFIG_KEYS));
      continue;
    }
    keys.add(key);
    const parsed = SCHEMA_OF[key].safeParse(value);
    if (parsed.success) {
      valid[key] = value;
    } else {
      mistaken.add(key);
      mistakes.push(...mistakesOf(parsed.error.issues, [key], document, knownKeys));
    }
  }
  return { written: CONFIG_SCHEMA.parse(valid), keys, mistaken, mistakes };
}

const SCHEMA_OF: Readonly<Record<ConfigKey, z.ZodType>> = CONFIG_SCHEMA.shape;
const CONFIG_KEYS = Object.keys(CONFIG_SCHEMA.shape);

function isConfigKey(key: string): key is ConfigKey {
  return Object.hasOwn(CONFIG_SCHEMA.shape, key);
}

function isMapping(data: unknown): data is Readonly<Record<string, unknown>> {
  return typeof data === "object" && data !== null && !Array.isArray(data);
}

function invalid(fileName: string, mistakes: readonly Mistake[]): UserError {
  const count = mistakes.length === 1 ? "a mistake" : `${mistakes.length} mistakes`;
  const lines = inOrder(mistakes).map((mistake) => showMistake(fileName, mistake));
  const help = "`modprobot schema configuration` prints all keys with their forms and defaults.";
  return new UserError("config-invalid", `${fileName} has ${count}`, [...lines, help].join("\n"));
}

function inOrder(mistakes: readonly Mistake[]): Mistake[] {
  return [...mistakes].sort((a, b) => a.line - b.line || (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
}

function showMistake(fileName: string, { line, path, message }: Mistake): string {
  return `${fileName}:${line}: ${path === "" ? "" : `${path}: `}${message}`;
}
