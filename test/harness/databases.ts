/**
 * Both databases, real: a PostgreSQL of the tests' own in a temporary directory, and embedded ones copied from one
 * that was made once. Call `databases()` where tests are collected.
 */
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { type DatabasePlace, openDatabase } from "../../src/store/database.ts";
import { startPostgres } from "./postgres.ts";

export interface DatabaseKind {
  readonly name: "PostgreSQL" | "embedded";
  /** A place nobody has used. */
  readonly place: () => Promise<DatabasePlace>;
}

export function databases(): readonly DatabaseKind[] {
  return [
    { name: "PostgreSQL", place: lazily(startPostgres) },
    { name: "embedded", place: lazily(makeEmbeddedTemplate) },
  ];
}

type Makes = { readonly place: () => Promise<DatabasePlace>; readonly remove: () => void };

function lazily(start: () => Promise<Makes>): () => Promise<DatabasePlace> {
  let started: Promise<Makes> | undefined;
  afterAll(async () => (await started)?.remove());
  return async () => {
    started ??= start();
    return (await started).place();
  };
}

async function makeEmbeddedTemplate(): Promise<Makes> {
  const root = mkdtempSync(join(tmpdir(), "modprobot-embedded-"));
  const template = join(root, "template");
  await (await openDatabase({ directory: template }))[Symbol.asyncDispose]();
  let count = 0;
  return {
    async place() {
      const directory = join(root, `${++count}`);
      cpSync(template, directory, { recursive: true });
      return { directory };
    },
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}
