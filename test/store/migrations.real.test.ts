/** Every migration over the rows that every earlier one may have left. */
import { readFileSync } from "node:fs";
import { Kysely, PostgresDialect, sql } from "kysely";
import pg from "pg";
import { describe, expect, it } from "vitest";
import { openDatabase } from "../../src/store/database.ts";
import { migrate } from "../../src/store/migrate.ts";
import { MIGRATIONS } from "../../src/store/migrations/index.ts";
import type { Tables } from "../../src/store/schema.ts";
import { createStore } from "../../src/store/store.ts";
import { databases } from "../harness/databases.ts";
import { PROJECT } from "../harness/modprobot.ts";
import { recordingOutbox, SYSTEM } from "../harness/work.ts";

const [postgres] = databases();
const sampleOf = (migration: string) =>
  readFileSync(`${PROJECT}/test/store/migrations/${migration}.sql`, "utf8");

describe("migrations", () => {
  it("have names that sort in the order they are applied in, and rows of their own", () => {
    const names = Object.keys(MIGRATIONS);

    expect(names).toEqual(names.toSorted());
    for (const name of names) expect(sampleOf(name)).not.toBe("");
  });

  it("leave every table with rows, and the store reads them", async () => {
    const where = await postgres?.place();
    if (where === undefined || !("url" in where)) throw new Error("no PostgreSQL");

    const db = new Kysely<Tables>({
      dialect: new PostgresDialect({ pool: new pg.Pool({ connectionString: where.url }) }),
    });
    const applied: Record<string, (typeof MIGRATIONS)[string]> = {};
    for (const [name, migration] of Object.entries(MIGRATIONS)) {
      applied[name] = migration;
      await migrate(db, applied);
      await sql.raw(sampleOf(name)).execute(db);
    }
    const { rows: tables } = await sql<{ name: string }>`
      select table_name as name from information_schema.tables
      where table_schema = 'public' and table_name not like 'kysely%'`.execute(db);
    for (const { name } of tables) {
      const { rows } = await sql<{
        rows: number;
      }>`select count(*)::int as rows from ${sql.table(name)}`.execute(db);
      expect(rows[0]?.rows, `rows in ${name}`).toBeGreaterThan(0);
    }
    await db.destroy();

    await using database = await openDatabase(where);
    const store = createStore(database, recordingOutbox(), { system: SYSTEM });
    expect(await store.latestCheck(4542716, 423933)).toMatchObject({
      state: "running",
      worker: "worker-1",
      owner: "NixOS",
    });
    expect(await store.latestCheck(4542716, 423933)).not.toHaveProperty("delivery");
    expect(await store.latestCheck(5000000000, 2)).toMatchObject({
      delivery: "72d3162e-cc78-11e3-81ab-4c9367dc0960",
    });
    expect(await store.owingChecks()).toMatchObject([{ state: "superseded" }]);
    expect(await store.readStage("5a5cbb9e-0000-4000-8000-000000000002", "evaluate")).toEqual({ attrs: 12 });
    expect(await store.logs("5a5cbb9e-0000-4000-8000-000000000001")).toMatchObject([
      { bytes: 5_000_000_000 },
    ]);
    await store.prune(new Date("2036-01-01"));
    expect((await store.activeChecks()).map(({ state }) => state)).toEqual(["running"]);
  });
});
